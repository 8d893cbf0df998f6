package io.densespark.checkpoint;

import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;

class HdfsCheckpointIT extends CheckpointContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshHdfsStore();
  }
}
