package io.densespark.prediction;

import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;

class HdfsPredictionOutputIT extends PredictionOutputContract {

  @Override
  Store freshStore() throws Exception {
    return StoreServices.freshHdfsStore();
  }
}
