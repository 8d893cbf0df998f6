# shellcheck shell=bash
# What the scripts share: places, tools, Maven, the job jar, a Spark home, memory and class path. Source it; it prints nothing.
# Needs nothing but bash 3.2 and the usual commands. Exit codes are the job's own: 11 where the machine lacks something.
#
#   DENSESPARK_STATE   where built things and the cluster's state go (default: .densespark in the checkout)
#   DENSESPARK_JAR     a job jar to run as it is, instead of building job/target/densespark.jar
#   DENSESPARK_CLASS_ARCHIVE=off   no archive of classes for faster starts
#   TMPDIR             where temporary files go (default: /tmp), Spark's too unless SPARK_LOCAL_DIRS is set
#   SPARK_HOME         a Spark 3.5 for Scala 2.12 to use, instead of one assembled from Maven

# shellcheck disable=SC2034  # for the scripts
readonly EXIT_DATA=10 EXIT_PREFLIGHT=11

# Scripts find this file by its full name, through symbolic links.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
state=${DENSESPARK_STATE:-$root/.densespark}
assembled_spark_home=$root/.densespark/spark-home
main_class=io.densespark.cli.Main
fashion_mnist_package=dataset-fashion-mnist
fashion_mnist_directory=/usr/share/datasets/fashion-mnist

say() { printf '%s\n' "$*" >&2; }

die() { # CODE MESSAGE…
  local code=$1
  shift
  say "densespark: $*"
  exit "$code"
}

# Java separates the entries of a class path by colons, Spark its lists of jars by commas, and neither can be told otherwise.
need_plain_path() { # PATH
  case $1 in
    *[:,]* | *$'\n'*) die $EXIT_PREFLIGHT "the path $1 holds a colon, a comma or a line break, which separates paths for Java and Spark; move or clone it to a path without." ;;
  esac
}

# An empty directory of ours: what somebody else left there stays, and ends the script.
fresh_directory() { # PATH
  if [ -d "$1" ] && [ -n "$(ls -A "$1")" ] && [ ! -e "$1/.densespark" ] && [ "$state" != "$root/.densespark" ]; then
    die 2 "$1 holds something that this script has not made; set DENSESPARK_STATE to another directory."
  fi
  rm -rf "$1" && mkdir -p "$1" && : >"$1/.densespark"
}

# File names are UTF-8 for Java only where the locale says so. Another one is replaced, language and all, for what is started here.
use_utf8_locale() {
  local candidate
  # macOS: always. Without the command nobody can tell.
  if [ "$(uname)" = Darwin ] || ! has locale || [ "$(locale charmap 2>/dev/null)" = UTF-8 ]; then return 0; fi
  for candidate in C.UTF-8 C.utf8 en_US.UTF-8 $(locale -a 2>/dev/null | grep -i 'utf-\{0,1\}8$'); do
    if [ "$(LC_ALL=$candidate locale charmap 2>/dev/null)" = UTF-8 ]; then
      export LC_ALL=$candidate
      return 0
    fi
  done
  die $EXIT_PREFLIGHT "no locale of this machine is UTF-8, so Java could not read file names beyond ASCII. Install one (apt-get install locales && locale-gen en_US.UTF-8), then set LC_ALL to it."
}

# --- the machine ---------------------------------------------------------------------------------------------------------

# Runs the command again, up to three times in all: package mirrors and registries fail now and then.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    [ "$attempt" = 3 ] || { say "attempt $attempt failed, trying again: $*" && sleep $((attempt * 5)); }
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_be_root() {
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

has() { command -v "$1" >/dev/null 2>&1; }

# Installs a tool by the name it has in each package manager, or says how and exits 11. brew wants no root.
install_packages() { # WHAT APT-NAMES DNF-NAMES BREW-NAMES
  local what=$1 apt_names=$2 dnf_names=$3 brew_names=$4 hint
  # The names are lists of words on purpose.
  # shellcheck disable=SC2086
  if has brew; then
    say "Installing $what with brew (a few minutes) ..."
    retry brew install --quiet $brew_names >&2 && return 0
    hint="brew install $brew_names"
  elif has apt-get; then
    if may_be_root; then
      say "Installing $what with apt-get (a minute or two) ..."
      retry apt_install $apt_names && return 0
    fi
    hint="sudo apt-get update && sudo apt-get install -y $apt_names"
  elif has dnf; then
    if may_be_root; then
      say "Installing $what with dnf (a minute or two) ..."
      retry as_root dnf install -y -q $dnf_names >&2 && return 0
    fi
    hint="sudo dnf install -y $dnf_names"
  else
    hint="install $what with your system's package manager"
  fi
  die $EXIT_PREFLIGHT "$what is missing and could not be installed here. Run this, then try again: $hint"
}

apt_install() {
  mkdir -p "$state"
  {
    as_root apt-get update -q </dev/null &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null
  } >"$state/apt.log" 2>&1 || { tail -n 5 "$state/apt.log" >&2 && return 1; }
}

java_release() { # JAVA-HOME: prints its major version
  local version
  [ -x "$1/bin/java" ] || return 1
  version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') && printf '%s' "$version"
}

# Prints the home of a JDK 17 (a compiler included), looking at JAVA_HOME, the PATH and the usual places.
find_jdk() {
  local candidate on_path=
  if has javac; then
    on_path=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p') || on_path=
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/java-17-openjdk* /usr/lib/jvm/*17* \
    /Library/Java/JavaVirtualMachines/*17*/Contents/Home \
    /opt/homebrew/opt/openjdk@17 /usr/local/opt/openjdk@17; do
    if [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] && [ "$(java_release "$candidate")" = 17 ]; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

need_java() {
  local home
  need_plain_path "$root"
  need_plain_path "$state"
  use_utf8_locale
  id -un >/dev/null 2>&1 ||
    die $EXIT_PREFLIGHT "the user id $(id -u) has no name on this machine, which Spark asks for. Run as a user that has one, or add one: echo 'spark:x:$(id -u):$(id -g)::/tmp:/bin/false' >>/etc/passwd (in a container: in its image)."
  if ! home=$(find_jdk); then
    install_packages "JDK 17" openjdk-17-jdk-headless java-17-openjdk-devel openjdk@17
    home=$(find_jdk) || die $EXIT_PREFLIGHT "JDK 17 was installed but is not found; set JAVA_HOME to its directory."
  fi
  export JAVA_HOME=$home
  java=$JAVA_HOME/bin/java
}

need_maven() {
  need_java
  has mvn || install_packages Maven maven maven maven
}

# True where all four IDX files, plain or gzipped, lie in the directory.
has_fashion_mnist() {
  local name
  for name in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    [ -f "$1/$name" ] || [ -f "$1/$name.gz" ] || return 1
  done
}

# Installs Debian's copy of Fashion-MNIST where apt-get may be used; says why and returns 1 where not.
install_fashion_mnist() {
  has_fashion_mnist "$fashion_mnist_directory" && return 0
  if ! has apt-get || ! may_be_root; then
    say "The package $fashion_mnist_package cannot be installed here (it takes apt-get and root)."
    return 1
  fi
  say "Installing Fashion-MNIST (30 MB, Debian's package $fashion_mnist_package) ..."
  retry apt_install "$fashion_mnist_package"
}

# What this machine, or the container or control group around us, has.
memory_megabytes() {
  local total limit file
  if [ -r /proc/meminfo ]; then
    total=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  else
    total=$(($(sysctl -n hw.memsize) / 1048576))
  fi
  # Where there is no such file, nothing but the machine limits us.
  for file in $(cat /proc/self/cgroup 2>/dev/null | cgroup_files memory memory.max memory.limit_in_bytes); do
    limit=$(cat "$file" 2>/dev/null) || continue
    case $limit in *[!0-9]* | "") continue ;; esac
    limit=$((limit / 1048576))
    if [ "$limit" -gt 0 ] && [ "$limit" -lt "$total" ]; then total=$limit; fi
  done
  printf '%s' "$total"
}

# The files that limit a process by a controller, from lines of its /proc/PID/cgroup: those of its own group and of all above it,
# as version 2 of control groups has them, or version 1. In a container its own is the root. Java 17 looks at its own alone.
cgroup_files() { # CONTROLLER FILE-OF-VERSION-2 FILE-OF-VERSION-1
  local controllers group mount file
  while IFS=: read -r _ controllers group; do
    case ,$controllers, in
      ,,) mount=/sys/fs/cgroup file=$2 ;;
      *,$1,*) mount=/sys/fs/cgroup/$1 file=$3 ;;
      *) continue ;;
    esac
    group=${group%/}
    while [ -n "$group" ]; do
      printf '%s\n' "$mount$group/$file"
      group=${group%/*}
    done
    printf '%s\n' "$mount/$file"
  done
}

# Processors that the quotas around us are worth, rounded up as Java does; nothing where there are none.
processor_quota() {
  local file quota period least=
  for file in $(cat /proc/self/cgroup 2>/dev/null | cgroup_files cpu cpu.max cpu.cfs_quota_us); do
    # Version 2 has both in one file, version 1 the period in a file beside it.
    read -r quota period < <(cat "$file" "${file%quota_us}period_us" 2>/dev/null | tr '\n' ' ') || true
    case $quota in *[!0-9]* | "") continue ;; esac
    case $period in *[!0-9]* | "") continue ;; esac
    quota=$(((quota + period - 1) / period))
    if [ -z "$least" ] || [ "$quota" -lt "$least" ]; then least=$quota; fi
  done
  printf '%s' "$least"
}

# For a driver whose threads compute, where quotas give it less than the machine has.
processor_option() {
  local quota
  quota=$(processor_quota)
  if [ -n "$quota" ] && [ "$quota" -lt "$(getconf _NPROCESSORS_ONLN)" ]; then printf '%s' "-XX:ActiveProcessorCount=$quota"; fi
}

at_most() { if [ "$1" -lt "$2" ]; then printf '%s' "$1"; else printf '%s' "$2"; fi; }
at_least() { if [ "$1" -gt "$2" ]; then printf '%s' "$1"; else printf '%s' "$2"; fi; }

# --- Maven, the jar, a Spark home ------------------------------------------------------------------------------------------

# The value of a property of the root pom, which is where versions and JVM options are kept.
pom_property() {
  sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$root/pom.xml" | sed -n 1p
}

# Maven with its whole output in a log. Only failed downloads are tried again; any other failure shows the log's end.
quiet_maven() { # LOG ARGS…
  local log=$1 attempt
  shift
  mkdir -p "$(dirname "$log")"
  for attempt in 1 2 3; do
    (cd "$root" && mvn -B -ntp "$@") </dev/null >"$log" 2>&1 && return 0
    if [ "$attempt" -lt 3 ] && download_failed "$log"; then
      say "A download failed (attempt $attempt of 3), trying again ..."
      cp "$log" "$log.$attempt"
      # -U: Maven remembers a failed download and would not ask again.
      set -- -U "$@"
      sleep $((attempt * 5))
    else
      break
    fi
  done
  grep -E '^\[ERROR\]' "$log" | head -n 15 >&2 || tail -n 15 "$log" >&2
  say "Maven failed; its whole output is in $log"
  return 1
}

download_failed() {
  grep -qE 'Could not transfer|Failure to transfer|Failed to (collect|read artifact descriptor)|Could not (find|resolve)|could not be resolved|Connection reset|Read timed out|Connect timed out' "$1"
}

job_jar() { printf '%s' "${DENSESPARK_JAR:-$root/job/target/densespark.jar}"; }

# Builds the job jar where it is missing or older than a source.
need_job_jar() {
  local jar newer=
  jar=$(job_jar)
  need_plain_path "$jar"
  if [ -n "${DENSESPARK_JAR:-}" ]; then
    [ -f "$jar" ] || die $EXIT_PREFLIGHT "DENSESPARK_JAR names $jar, which does not exist; unset it to build the job jar here."
    return 0
  fi
  if [ -f "$jar" ]; then
    newer=$(find "$root/pom.xml" "$root/job/pom.xml" "$root/job/src/main" -type f -newer "$jar" | sed -n 1p)
    [ -n "$newer" ] || return 0
    say "Building the job jar, as ${newer#"$root"/} is newer (about a minute) ..."
  else
    say "Building the job jar for the first time (1 to 5 minutes, most of it downloads) ..."
  fi
  need_maven
  quiet_maven "$state/build.log" -pl job -DskipTests -DskipITs -Dspotless.check.skip -Dforbiddenapis.skip package || exit $EXIT_PREFLIGHT
  # Maven leaves the jar alone when only a timestamp changed.
  touch "$jar"
}

is_our_spark() {
  local jar
  for jar in "$1"/jars/spark-core_"$(pom_property scala.binary.version)"-3.5.*.jar; do [ -f "$jar" ] && return 0; done
  return 1
}

# Sets spark_home: SPARK_HOME where it is a Spark that the job runs on, else one assembled from Maven.
need_spark_home() {
  if [ -n "${SPARK_HOME:-}" ]; then
    if is_our_spark "$SPARK_HOME"; then
      use_spark_home "$SPARK_HOME"
      return 0
    fi
    say "SPARK_HOME=$SPARK_HOME holds no Spark 3.5 for Scala 2.12; using the one in $assembled_spark_home instead."
  fi
  assemble_spark_home
  use_spark_home "$assembled_spark_home"
}

use_spark_home() {
  local jar patch
  need_plain_path "$1"
  spark_home=$1
  for jar in "$1"/jars/spark-core_*-3.5.*.jar; do
    patch=${jar##*-3.5.} && patch=${patch%%[!0-9]*}
    if [ -n "$patch" ] && [ "$patch" -lt 7 ]; then
      say "Spark 3.5.$patch in $1 has a known vulnerability (CVE-2025-54920); update it to 3.5.7 or later."
    fi
  done
  export SPARK_HOME=$1
  # Spark's launcher guesses the Scala version from a source tree that is not there unless it is told.
  SPARK_SCALA_VERSION=$(pom_property scala.binary.version)
  export SPARK_SCALA_VERSION
}

# Collects the jars of the pinned Spark, once per set of versions; put in place whole, so an interrupted run leaves nothing half done.
assemble_spark_home() {
  local versions building=$assembled_spark_home.building.$$
  versions="$(pom_property spark.version) $(pom_property hadoop.version) $(cksum <"$root/scripts/spark/pom.xml")"
  if [ -f "$assembled_spark_home/VERSIONS" ] && [ "$(cat "$assembled_spark_home/VERSIONS")" = "$versions" ]; then return 0; fi
  say "Assembling Spark $(pom_property spark.version) from Maven (260 MB; 1 to 3 minutes the first time) ..."
  need_maven
  quiet_maven "$state/spark-home.log" -f scripts/spark/pom.xml "-Dspark-home.jars=$building/jars" package || exit $EXIT_PREFLIGHT
  cp -R "$root/scripts/spark/bin" "$building/bin"
  printf '%s\n' "$versions" >"$building/VERSIONS"
  rm -rf "$assembled_spark_home"
  mkdir -p "$(dirname "$assembled_spark_home")"
  # Where another run was quicker, its result is as good.
  mv "$building" "$assembled_spark_home" 2>/dev/null || rm -rf "$building"
}

# --- running the job -------------------------------------------------------------------------------------------------------

# Prints the value of an option among arguments; nothing where it is not given. The last one counts, as for the job.
argument() { # OPTION ARGS…
  local option=$1 found=
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      "$option") found=${2:-} && shift ;;
      "$option"=*) found=${1#*=} ;;
    esac
    shift || break
  done
  printf '%s' "$found"
}

# Where the driver is to run by options of spark-submit: client or cluster.
deploy_mode() { # OPTIONS…
  local mode=client
  while [ $# -gt 0 ]; do
    case $1 in
      --deploy-mode) mode=${2:-} ;;
      --deploy-mode=* | spark.submit.deployMode=* | --conf=spark.submit.deployMode=*) mode=${1##*=} ;;
    esac
    shift
  done
  printf '%s' "$mode"
}

# Replicas run one thread each; a master on this machine is reached over loopback, whatever the host's name resolves to.
set_environment() { # MASTER
  export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
  case $1 in
    local* | spark://127.* | spark://localhost*) export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1} ;;
  esac
}

# A quarter of the memory is Java's heap: tensors live outside it. 8 GiB are enough for every preset. 1 GiB at least, but never more
# than half: a process that takes more than there is would be killed without a word.
driver_heap_megabytes() {
  local megabytes
  megabytes=$(memory_megabytes)
  at_most $((megabytes / 2)) "$(at_least 1024 "$(at_most 8192 $((megabytes / 4)))")"
}

# JavaCPP's limits follow the heap unless set: half the machine for its own pointers, nine tenths for the process as a
# whole, so that it reports running out of memory instead of being killed for it.
driver_native_options() {
  local megabytes
  megabytes=$(memory_megabytes)
  printf '%s' "-Dorg.bytedeco.javacpp.maxbytes=$((megabytes / 2))m -Dorg.bytedeco.javacpp.maxphysicalbytes=$((megabytes * 9 / 10))m"
}

# A URI, in which no blank remains: lists of JVM options are separated by them.
logging_option() {
  printf '%s' "-Dlog4j2.configurationFile=file:$root/scripts/spark/log4j2.properties" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g; s/"/%22/g; s/'"'"'/%27/g; s/\\/%5C/g'
}

# JVMs beside training take their time from it, a core's share for each wake-up (docs/decisions/0014). So: no counters for jps and
# jstat, which are sampled 20 times a second (jcmd, jstack and jmap need none; the JVMs that this machine's scripts start have that
# from the POM); code that runs once in a while waits for the optimising compiler ten times as long, hot loops as ever; monitors are
# not looked over 4 times a second, nor all threads stopped every second for what may be left to do.
readonly quiet_jvm="-XX:-UsePerfData -XX:Tier4InvocationThreshold=50000 -XX:Tier4CompileThreshold=150000 -XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:AsyncDeflationInterval=10000 -XX:GuaranteedSafepointInterval=0"

# For drivers and executors: a collector without threads that work between collections.
readonly quiet_collector=-XX:+UseParallelGC

# Settings that a run on executors in other processes needs, one KEY=VALUE a line. Memory is set by the environment:
# DENSESPARK_EXECUTOR_HEAP and DENSESPARK_EXECUTOR_NATIVE, in megabytes, the latter outside the heap.
# A barrier stage waits until enough executors have registered: look every second, for two minutes.
cluster_settings() { # MASTER
  case $1 in
    yarn | k8s://*)
      # The driver is this process.
      platform_settings "$1" | grep -v '^spark\.driver\.'
      [ -n "${DENSESPARK_EXECUTOR_HEAP:-}${DENSESPARK_EXECUTOR_NATIVE:-}" ] || return 0
      ;;
  esac
  local heap=${DENSESPARK_EXECUTOR_HEAP:-2048} native=${DENSESPARK_EXECUTOR_NATIVE:-4096}
  printf '%s\n' \
    "spark.executor.memory=${heap}m" \
    "spark.executor.memoryOverhead=${native}m" \
    "spark.scheduler.barrier.maxConcurrentTasksCheck.interval=1s" \
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures=120" \
    "spark.executorEnv.OMP_NUM_THREADS=$OMP_NUM_THREADS" \
    "spark.executorEnv.LC_ALL=C.UTF-8" \
    "spark.executor.extraJavaOptions=$quiet_jvm $quiet_collector -Dorg.bytedeco.javacpp.maxbytes=${native}m -Dorg.bytedeco.javacpp.maxphysicalbytes=$((heap + native))m"
}

# The settings of conf/spark-*.properties for a kind of master, one KEY=VALUE a line.
platform_settings() { # MASTER
  local platform
  case $1 in
    yarn) platform=yarn ;;
    k8s://*) platform=kubernetes ;;
    spark://*) platform=standalone ;;
    *) die 2 "--master is $1: a driver runs on a cluster of yarn, spark://HOST:7077 or k8s://https://HOST:PORT." ;;
  esac
  sed -n 's/^\(spark\.[^ =]*\)[ =]*/\1=/p' "$root/conf/spark-$platform.properties"
}

# Adds options to the array `embedded` with which a JVM takes classes from an archive, read and checked already: a quarter of the
# seconds before the first step. Makes the archive where there is none of this JVM, job jar and Spark, by training a tiny net; it
# needs the same class path. Nothing depends on it: where it cannot be made or does not fit, the JVM reads the jars, in silence.
add_class_archive() { # CLASS-PATH
  local archive work sample=$root/job/src/test/resources/fashion-mnist-sample home=$root/.densespark
  if [ "${DENSESPARK_CLASS_ARCHIVE:-}" = off ] || [ ! -d "$sample" ]; then return 0; fi
  # A JVM that shows an agent or its recorder each class that it loads crashes on an archived one of a multi-release jar.
  case "${JDK_JAVA_OPTIONS:-} ${JAVA_TOOL_OPTIONS:-} ${DENSESPARK_JAVA_OPTIONS:-}" in
    *FlightRecord* | *-agent* | *-javaagent*) return 0 ;;
  esac
  archive=$home/classes-$({ printf '%s\n' "$1" && LC_ALL=C TZ=UTC ls -lL "$(job_jar)" "$java" "$spark_home/jars"; } | cksum | tr ' ' -).jsa
  if [ ! -f "$archive" ]; then
    work=$archive.building.$$
    mkdir -p "$work" 2>/dev/null || return 0
    say "Writing an archive of classes, for faster starts (10 to 20 seconds, once for each build) ..."
    SPARK_LOCAL_IP=127.0.0.1 "${embedded[@]}" "-XX:ArchiveClassesAtExit=$work/classes.jsa" -cp "$1" "$main_class" \
      train --config "$root/conf/smoke.conf" --output "$work" --run-id archive --master 'local[1]' --set "data.path=$sample" \
      --set data.verify-checksums=false --set data.train-limit=128 --set data.test-limit=64 </dev/null >"$home/class-archive.log" 2>&1 || true
    # An empty file where that failed: it is tried again with the next build.
    mv "$work/classes.jsa" "$archive" 2>/dev/null || : >"$archive"
    rm -rf "$work"
    # 110 MB each. Those of two jars that are run by turns stay. Names hold no blanks but those of the directory.
    # shellcheck disable=SC2012
    (cd "$home" && ls -t classes-*.jsa | tail -n +4 | xargs rm -f)
  fi
  if [ -s "$archive" ]; then embedded+=("-XX:SharedArchiveFile=$archive" -Xlog:cds=off -Xlog:cds+dynamic=off); fi
}

# Prints a new directory for temporary files of this process and of the JVM that takes its place, which removes it at its end.
# Those of processes that were killed are removed here: of this user and these process ids, as containers may share a directory.
# Prints nothing where none can be made.
temporary_directory() {
  local base=${TMPDIR:-/tmp}/densespark-$UID-$(readlink /proc/self/ns/pid 2>/dev/null | tr -dc 0-9) old
  for old in "$base"-*; do
    if [ -O "$old" ] && ! kill -0 "${old##*-}" 2>/dev/null; then rm -rf "$old"; fi
  done
  # Anybody may make directories in /tmp: one that is there is not taken.
  mkdir -m 700 "$base-$$" 2>/dev/null && printf '%s' "$base-$$"
}

# Sets the array `embedded`: the command of a JVM with the driver inside, less the job's own arguments.
embedded_command() { # MASTER
  local master=$1 class_path setting temporary
  class_path="$(job_jar):$spark_home/jars/*"
  embedded=("$java" "-Xmx$(driver_heap_megabytes)m")
  # Lists of words on purpose.
  # shellcheck disable=SC2207
  embedded+=($(pom_property spark.jvm.options) $(driver_native_options) $(processor_option))
  embedded+=("$(logging_option)")
  add_class_archive "$class_path"
  temporary=$(temporary_directory) || true
  [ -z "$temporary" ] || embedded+=("-Djava.io.tmpdir=$temporary" "-Ddensespark.temporary=$temporary")
  case $master in
    local | local\[*) ;;
    *)
      embedded+=("-Dspark.jars=$(job_jar)")
      while IFS= read -r setting; do embedded+=("-D$setting"); done < <(cluster_settings "$master")
      ;;
  esac
  # shellcheck disable=SC2206
  embedded+=(${DENSESPARK_JAVA_OPTIONS:-})
  embedded+=(-cp "$class_path" "$main_class")
}
