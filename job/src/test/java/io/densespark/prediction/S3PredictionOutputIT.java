package io.densespark.prediction;

import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;
import org.apache.spark.sql.SparkSession;

class S3PredictionOutputIT extends PredictionOutputContract {

  @Override
  Store freshStore() throws Exception {
    return StoreServices.freshS3Store();
  }

  @Override
  void configure(SparkSession session) {
    StoreServices.configureS3(session.sparkContext().hadoopConfiguration());
  }
}
