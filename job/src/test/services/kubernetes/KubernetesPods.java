import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import java.io.File;
import java.io.FileReader;
import java.io.Reader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.k8s.KubernetesConf;
import org.apache.spark.deploy.k8s.submit.JavaMainAppResource;
import org.apache.spark.deploy.k8s.submit.KubernetesDriverBuilder;
import org.apache.spark.resource.ResourceProfile$;
import org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBuilder;
import scala.Option;

/**
 * Makes the containers of a driver and of an executor as Spark on Kubernetes does, from a file of properties, and reads a
 * CronJob as strictly as an API server does. Prints {@code READY <JSON>}: both containers and the CronJob's own.
 *
 * <p>Arguments: the properties, the manifest.
 */
public final class KubernetesPods {
  public static void main(String[] arguments) throws Exception {
    SparkConf conf = new SparkConf(false);
    Properties properties = new Properties();
    try (Reader file = new FileReader(arguments[0])) {
      properties.load(file);
    }
    properties.forEach((key, value) -> conf.set(key.toString(), value.toString()));
    conf.set("spark.app.name", "densespark");
    conf.set("spark.master", "k8s://https://127.0.0.1:1");
    conf.set("spark.kubernetes.container.image", "densespark:test");
    conf.set("spark.kubernetes.executor.podNamePrefix", "densespark");
    // Set by the driver, which makes executors.
    SparkConf inDriver = conf.clone().set("spark.driver.host", "driver").set("spark.driver.port", "7078");

    ObjectMapper strict =
        new ObjectMapper(new YAMLFactory())
            .setAnnotationIntrospector(
                new JacksonAnnotationIntrospector() {
                  @Override
                  public Boolean hasAnySetter(Annotated one) {
                    // Otherwise the model keeps what it does not know.
                    return false;
                  }
                })
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    CronJob cron = strict.readValue(new File(arguments[1]), CronJob.class);

    Map<String, Container> containers = new LinkedHashMap<>();
    containers.put(
        "driver",
        new KubernetesDriverBuilder()
            .buildFromFeatures(
                KubernetesConf.createDriverConf(
                    conf,
                    "spark-1",
                    new JavaMainAppResource(Option.apply("local:///opt/densespark/densespark.jar")),
                    "io.densespark.cli.Main",
                    new String[] {"train"},
                    Option.empty()),
                null)
            .pod()
            .container());
    containers.put(
        "executor",
        new KubernetesExecutorBuilder()
            .buildFromFeatures(
                KubernetesConf.createExecutorConf(inDriver, "1", "spark-1", Option.empty(), 0),
                new SecurityManager(
                    inDriver, Option.empty(), org.apache.spark.internal.config.package$.MODULE$.AUTH_SECRET_FILE()),
                null,
                ResourceProfile$.MODULE$.getOrCreateDefaultProfile(inDriver))
            .pod()
            .container());
    containers.put(
        "cron", cron.getSpec().getJobTemplate().getSpec().getTemplate().getSpec().getContainers().get(0));
    System.out.println("READY " + new ObjectMapper().writeValueAsString(containers));
  }
}
