package io.densespark;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.annotation.Annotation;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which package may use which, and which may use the outside world's libraries. */
class PackageRulesTest {

  private static final String BASE = "io.densespark.";
  private static final String ALL = "*";

  /** What every package may use. */
  private static final Set<String> FOR_ALL = Set.of("random", "settings", "text");

  /** Package to the packages of this project that it may use, itself aside. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("cli", Set.of("config", "data", "job", "images", "prediction", "metrics")),
          Map.entry("job", Set.of(ALL)),
          Map.entry("ml", Set.of(ALL)),
          Map.entry(
              "config", Set.of("data", "model", "engine", "train", "sync", "registry", "scaling")),
          Map.entry("data", Set.of()),
          Map.entry("model", Set.of()),
          Map.entry("random", Set.of()),
          Map.entry("settings", Set.of()),
          Map.entry("text", Set.of()),
          Map.entry("engine", Set.of()),
          Map.entry("train", Set.of("engine")),
          Map.entry("devices", Set.of()),
          Map.entry("sync", Set.of("devices", "engine", "train", "data")),
          Map.entry("scaling", Set.of("sync", "metrics")),
          Map.entry("storage", Set.of()),
          Map.entry("checkpoint", Set.of("storage", "train")),
          Map.entry("metrics", Set.of("storage")),
          Map.entry("observe", Set.of("metrics", "storage")),
          Map.entry("images", Set.of("data", "storage")),
          Map.entry("dataset", Set.of("data", "images", "storage")),
          Map.entry(
              "prediction", Set.of("devices", "engine", "data", "images", "model", "storage")),
          Map.entry("report", Set.of("metrics", "storage", "scaling")),
          Map.entry("registry", Set.of("storage", "metrics", "evaluation")),
          Map.entry("evaluation", Set.of("devices", "engine", "data", "metrics")));

  /** Libraries that belong to some packages only. */
  private static final Map<String, List<String>> ONLY_IN =
      Map.of(
          "org.apache.spark..",
              List.of(
                  "ml",
                  "job",
                  "sync",
                  "devices",
                  "evaluation",
                  "images",
                  "dataset",
                  "prediction",
                  "metrics",
                  "observe"),
          "org.apache.hadoop.fs..", List.of("storage"),
          "org.bytedeco..", List.of("engine.onednn", "sync.collective"),
          "org.bytedeco.dnnl..", List.of("engine.onednn"),
          "picocli..", List.of("cli"),
          "com.samskivert..", List.of("report"),
          "com.typesafe.config..", List.of("config"));

  /** Packages of {@code sync}, each of which uses only those before it. */
  private static final List<String> SYNC =
      List.of("sync", "tree", "links", "collective", "endpoint", "rank", "slot", "master");

  private static final JavaClasses PROJECT = imported(new ImportOption.DoNotIncludeTests());
  private static final JavaClasses TESTS = imported(new ImportOption.OnlyIncludeTests());

  private static JavaClasses imported(ImportOption option) {
    return new ClassFileImporter().withImportOption(option).importPackages("io.densespark");
  }

  static Stream<String> packages() {
    return MAY_USE.keySet().stream().sorted();
  }

  static Stream<String> libraries() {
    return ONLY_IN.keySet().stream().sorted();
  }

  @Test
  void everyPackageSaysWhatItMayUse() {
    Set<String> present = new TreeSet<>();
    for (JavaClass type : PROJECT) {
      if (type.getPackageName().startsWith(BASE)) {
        present.add(type.getPackageName().substring(BASE.length()).split("\\.")[0]);
      }
    }

    assertThat(MAY_USE.keySet()).containsAll(present);
  }

  @ParameterizedTest
  @MethodSource("packages")
  void packageUsesOnlyWhatItMay(String name) {
    Set<String> allowed = MAY_USE.get(name);
    String[] open =
        Stream.concat(Stream.of(name), packages().filter(other -> mayUse(allowed, other)))
            .map(PackageRulesTest::inProject)
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> others =
        resideInAPackage("io.densespark..").and(not(resideInAnyPackage(open)));

    noClasses()
        .that()
        .resideInAPackage(inProject(name))
        .should()
        .dependOnClassesThat(others)
        .allowEmptyShould(true)
        .check(PROJECT);
  }

  /** Whoever may use everything stands above the others; what people call stands above it. */
  private static boolean mayUse(Set<String> allowed, String other) {
    return allowed.contains(other)
        || FOR_ALL.contains(other)
        || allowed.contains(ALL) && !Set.of("cli", "ml").contains(other);
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void libraryStaysWhereItBelongs(String library) {
    String[] homes =
        ONLY_IN.get(library).stream().map(PackageRulesTest::inProject).toArray(String[]::new);

    noClasses()
        .that()
        .resideOutsideOfPackages(homes)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(PROJECT);
  }

  /** Engines are found by {@code ServiceLoader}: nobody knows one, not even another engine. */
  @ParameterizedTest
  @ValueSource(strings = {"engine.onednn", "engine.nd4j"})
  void nobodyKnowsAnEngine(String engine) {
    noClasses()
        .that()
        .resideOutsideOfPackage(inProject(engine))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(inProject(engine))
        .check(PROJECT);
  }

  /** Digests come from commons-codec, random numbers that count from {@code random}. */
  @Test
  void digestsAndRandomStreamsHaveOneHome() {
    noClasses()
        .should()
        .callMethod(MessageDigest.class, "getInstance", String.class)
        .check(PROJECT);
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Random.class, SplittableRandom.class)
        .check(PROJECT);
  }

  @Test
  void eachPackageOfSyncUsesOnlyThoseBeforeIt() {
    List<String> packages =
        SYNC.stream().map(name -> BASE + "sync" + (name.equals("sync") ? "" : "." + name)).toList();
    Set<String> present = new TreeSet<>();
    for (JavaClass type : PROJECT) {
      if (type.getPackageName().startsWith(packages.get(0))) {
        present.add(type.getPackageName());
      }
    }
    assertThat(packages).containsAll(present);
    for (int i = 0; i < packages.size(); i++) {
      noClasses()
          .that()
          .resideInAPackage(packages.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(packages.subList(i + 1, packages.size()).toArray(String[]::new))
          .check(PROJECT);
    }
  }

  /** Sums and links know nothing of Spark: a test or another program can drive them. */
  @ParameterizedTest
  @ValueSource(strings = {"sync.tree", "sync.links", "sync.collective"})
  void sumsAndLinksDoWithoutSpark(String name) {
    noClasses()
        .that()
        .resideInAPackage(inProject(name))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.spark..")
        .check(PROJECT);
  }

  /** Each package is a slice, so that a package and its own subpackages count too. */
  @Test
  void packagesAreFreeOfCycles() {
    slices().matching("io.densespark.(**)").should().beFreeOfCycles().check(PROJECT);
  }

  @ParameterizedTest
  @ValueSource(classes = {Disabled.class, net.jqwik.api.Disabled.class})
  void noTestIsDisabled(Class<? extends Annotation> disabled) {
    noClasses().should().beAnnotatedWith(disabled).check(TESTS);
    noMethods().should().beAnnotatedWith(disabled).check(TESTS);
  }

  private static String inProject(String name) {
    return BASE + name + "..";
  }
}
