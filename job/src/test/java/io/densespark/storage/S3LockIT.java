package io.densespark.storage;

class S3LockIT extends LockContract {

  @Override
  protected Store freshStore() throws Exception {
    return StoreServices.freshS3Store();
  }
}
