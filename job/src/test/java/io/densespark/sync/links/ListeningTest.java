package io.densespark.sync.links;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** At which addresses an executor listens for the others. */
class ListeningTest {

  @Test
  void atTheOneThatOthersAreToldWhereTheMachineHasIt() {
    assertThat(Rendezvous.bindAddress("127.0.0.2", 4000))
        .isEqualTo(new InetSocketAddress("127.0.0.2", 4000));
  }

  @Test
  void atAllWhereTheOneThatOthersAreToldIsMappedToThisMachine() {
    // Of a network for documentation: nobody has it.
    InetSocketAddress mapped = Rendezvous.bindAddress("198.51.100.7", 4000);

    assertThat(mapped.getAddress().isAnyLocalAddress()).isTrue();
    assertThat(mapped.getPort()).isEqualTo(4000);
  }

  @Test
  void anUnknownHostIsAnError() {
    assertThatThrownBy(() -> Rendezvous.open("no-such-host.invalid", ""))
        .hasMessageContaining("cannot listen at 'no-such-host.invalid' (unknown host)");
  }
}
