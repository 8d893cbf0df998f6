package io.densespark.storage;

class HdfsLockIT extends LockContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshHdfsStore();
  }
}
