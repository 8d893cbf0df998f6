package io.densespark.job.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.RunConfig.NotifyConfig;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NotificationTest {

  private static final Map<String, String> SUMMARY = Map.of("outcome", "promoted");
  private static final Duration LONG = Duration.ofSeconds(50);

  @TempDir Path directory;

  @Test
  void commandGetsTheSummaryOnItsInputAndInItsEnvironment() throws IOException {
    Path input = directory.resolve("input");
    Path variable = directory.resolve("variable");

    assertThat(
            send(Text.format("cat > %s; printenv DENSESPARK_SUMMARY > %s", input, variable), LONG))
        .isEmpty();
    assertThat(input).hasContent("{\"outcome\":\"promoted\"}");
    assertThat(variable).hasContent("{\"outcome\":\"promoted\"}");
  }

  @Test
  void commandThatDoesNotReadIsWell() {
    assertThat(send("exec true", LONG)).isEmpty();
  }

  @Test
  void failureIsToldWithWhatTheCommandSaid() {
    assertThat(send("echo no route to pager >&2; exit 3", LONG).orElseThrow())
        .contains("code 3")
        .contains("no route to pager");
    assertThat(send("/does/not/exist", LONG).orElseThrow()).contains("code 127");
  }

  @Test
  void commandThatHangsIsEndedWithItsChildren() throws IOException {
    Path child = directory.resolve("child");

    assertThat(send(Text.format("sleep 3600 & echo $! > %s; wait", child), Duration.ofSeconds(1)))
        .hasValueSatisfying(text -> assertThat(text).contains("longer than notify.timeout = 1 s"));
    long id = Long.parseLong(Files.readString(child).strip());
    ProcessHandle.of(id).ifPresent(left -> left.onExit().join());
    assertThat(ProcessHandle.of(id).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void withoutACommandNothingHappens() {
    assertThat(Notification.send(new NotifyConfig(Optional.empty(), LONG), SUMMARY)).isEmpty();
  }

  private static Optional<String> send(String command, Duration timeout) {
    return Notification.send(new NotifyConfig(Optional.of(command), timeout), SUMMARY);
  }
}
