"""Retrains weekly. Needs apache-airflow-providers-apache-spark and a connection "spark_default"."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

# As Spark needs them on Java 17; scripts/submit sets the same.
JAVA_OPTIONS = " ".join(
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.lang", "java.nio", "java.util", "sun.nio.ch", "sun.security.action")
)

with DAG(
    dag_id="densespark_retrain",
    schedule="0 3 * * 1",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
) as dag:
    SparkSubmitOperator(
        task_id="retrain",
        application="/opt/densespark/densespark.jar",
        java_class="io.densespark.cli.Main",
        # The slot's date, not today's: a retry of an old slot finds its own run.
        application_args=["retrain", "--as-of", "{{ ds }}", "--output", "s3a://bucket/densespark"],
        conf={
            "spark.driver.extraJavaOptions": JAVA_OPTIONS,
            "spark.executor.extraJavaOptions": JAVA_OPTIONS,
            "spark.speculation": "false",
            "spark.dynamicAllocation.enabled": "false",
        },
        num_executors=4,
        executor_cores=1,
        retries=3,
        retry_delay=timedelta(minutes=10),
    )
