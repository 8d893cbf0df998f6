package io.densespark.sync.links;

import io.densespark.text.Text;
import java.io.Serializable;

/**
 * Where a rank listens.
 *
 * @param host name or address that the other ranks can reach
 * @param port TCP port, 1 to 65535
 */
public record PeerAddress(String host, int port) implements Serializable {

  public PeerAddress {
    if (host.isBlank() || port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          Text.format(
              "address '%s' port %d: a host and a port from 1 to 65535 are needed", host, port));
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
