"""Retrains weekly. Needs apache-airflow-providers-apache-spark and a connection "spark_default"."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

# What scripts/submit sets on a cluster: DL4J and oneDNN allocate outside the heap.
HEAP_MB, NATIVE_MB = 2048, 4096

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
            "spark.executor.memory": f"{HEAP_MB}m",
            "spark.executor.memoryOverhead": f"{NATIVE_MB}m",
            "spark.executor.extraJavaOptions": f"-Dorg.bytedeco.javacpp.maxbytes={NATIVE_MB}m "
            f"-Dorg.bytedeco.javacpp.maxphysicalbytes={HEAP_MB + NATIVE_MB}m",
            "spark.executorEnv.OMP_NUM_THREADS": "1",
            "spark.speculation": "false",
            "spark.dynamicAllocation.enabled": "false",
        },
        num_executors=4,
        executor_cores=1,
        retries=3,
        retry_delay=timedelta(minutes=10),
    )
