package io.densespark.registry;

import static io.densespark.registry.Versions.accepted;
import static io.densespark.registry.Versions.model;
import static io.densespark.registry.Versions.rejected;
import static io.densespark.registry.Versions.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.registry.RegistryEvent.Kind;
import io.densespark.storage.Content;
import io.densespark.storage.Store;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a registry promises; run against each kind of file system. */
public abstract class RegistryContract {

  private Store store;
  private ModelRegistry registry;

  /** A store on a workspace that nobody has used. */
  protected abstract Store freshStore() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = freshStore();
    registry = Versions.registry(store);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Test
  void registeredModelIsReadBackAndIsTheCandidate() {
    ModelVersion version = registry.register(model("a"));

    assertThat(version.version()).isEqualTo(1);
    assertThat(registry.version(1)).isEqualTo(version);
    assertThat(registry.versions()).containsExactly(version);
    assertThat(registry.read(version, ModelVersion.MODEL)).isEqualTo(zip("a"));
    assertThat(text(registry.read(version, ModelVersion.PROVENANCE)))
        .contains("train.seed")
        .doesNotContain("hidden-as-it-should-be");
    assertThat(registry.aliases()).isEqualTo(new Aliases(1, 1, null, List.of()));
    assertThat(registry.events()).extracting(RegistryEvent::kind).containsExactly(Kind.REGISTERED);
    assertThat(text(store.read("models/clothes/aliases/candidate.json")))
        .contains("models/clothes/versions/1/model.zip");
  }

  @Test
  void sameModelIsRegisteredOnce() {
    registry.register(model("a"));
    registry.register(model("b"));

    assertThat(registry.register(model("a")).version()).isEqualTo(1);
    assertThat(registry.byKey("b").map(ModelVersion::version)).contains(2);
    assertThat(registry.byKey("c")).isEmpty();
    assertThat(registry.versions()).hasSize(2);
    assertThat(registry.events()).hasSize(2);
  }

  @Test
  void championIsPromotedReplacedAndRolledBack() {
    for (String key : List.of("a", "b", "c")) {
      registry.register(model(key));
    }
    assertThat(registry.apply(accepted(1, null))).isTrue();
    assertThat(registry.apply(accepted(2, 1))).isTrue();
    assertThat(registry.apply(rejected(3, 2))).isTrue();
    assertThat(registry.aliases()).isEqualTo(new Aliases(3, 3, 2, List.of(1)));
    assertThat(registry.verdictOn(3).map(RegistryEvent::kind)).contains(Kind.REJECTED);
    assertThat(registry.verdictOn(3).orElseThrow().decision().reason()).contains("because");

    assertThat(registry.rollBack(Optional.empty())).isEqualTo(1);
    assertThat(registry.rollBack(Optional.of(1))).isEqualTo(1);

    assertThat(registry.aliases()).isEqualTo(new Aliases(3, 3, 1, List.of()));
    assertThat(text(store.read("models/clothes/aliases/champion.json"))).contains("versions/1/");
    assertThat(registry.verdictOn(2).map(RegistryEvent::kind)).contains(Kind.PROMOTED);
    assertThat(registry.events())
        .extracting(RegistryEvent::kind)
        .containsExactly(
            Kind.REGISTERED,
            Kind.REGISTERED,
            Kind.REGISTERED,
            Kind.PROMOTED,
            Kind.PROMOTED,
            Kind.REJECTED,
            Kind.ROLLED_BACK);
    assertThat(registry.events()).allSatisfy(event -> assertThat(event.actor()).contains("@"));
    assertThatThrownBy(() -> registry.rollBack(Optional.empty()))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("earlier champions are none");
    assertThatThrownBy(() -> registry.rollBack(Optional.of(3)))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("version 3");
  }

  @Test
  void decisionAboutAnotherChampionIsNotCarriedOut() {
    registry.register(model("a"));
    registry.register(model("b"));
    GateDecision early = accepted(2, null);
    registry.apply(accepted(1, null));

    assertThat(registry.apply(early)).isFalse();
    assertThat(registry.aliases().champion()).isEqualTo(1);
  }

  @Test
  void registrationsAtOnceGetNumbersOfTheirOwn() throws Exception {
    int writers = 4;
    ExecutorService pool = Executors.newFixedThreadPool(writers);
    List<Integer> numbers = new ArrayList<>();
    try {
      List<Future<ModelVersion>> all = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        // Two of each, so that the same model is registered twice at once as well.
        NewVersion model = model("w" + writer / 2);
        all.add(pool.submit(() -> Versions.registry(store).register(model)));
      }
      for (Future<ModelVersion> one : all) {
        numbers.add(one.get(60, TimeUnit.SECONDS).version());
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(numbers).containsExactlyInAnyOrder(1, 1, 2, 2);
    assertThat(registry.events()).extracting(RegistryEvent::sequence).containsExactly(1L, 2L);
    assertThat(registry.aliases().newest()).isEqualTo(2);
  }

  @Test
  void damageIsFoundAndNamed() {
    ModelVersion version = registry.register(model("a"));
    store.replace("models/clothes/versions/1/model.zip", Content.of(new byte[] {1, 2, 3}));

    assertThatThrownBy(() -> registry.read(version, ModelVersion.MODEL))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("versions/1/model.zip")
        .hasMessageContaining("3 bytes");

    String manifest = "models/clothes/versions/1/manifest.json";
    String changed = text(store.read(manifest)).replace("\"accuracy\" : 0.9", "\"accuracy\" : 0.8");
    store.replace(manifest, Content.of(changed.getBytes(StandardCharsets.UTF_8)));
    assertThatThrownBy(() -> registry.version(1))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("manifest.json");
  }

  @Test
  void missingVersionIsNamedWithTheNewest() {
    registry.register(model("a"));
    assertThatThrownBy(() -> registry.promoteUnasked(7, "in haste"))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("no version 7, only [1]");
    registry.promoteUnasked(1, "in haste");
    assertThat(registry.events().get(1).reason()).contains("without the gate").contains("in haste");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
