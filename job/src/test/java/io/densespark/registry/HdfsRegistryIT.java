package io.densespark.registry;

import io.densespark.storage.Store;
import io.densespark.storage.StoreServices;

class HdfsRegistryIT extends RegistryContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshHdfsStore();
  }
}
