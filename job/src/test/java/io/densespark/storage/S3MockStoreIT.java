package io.densespark.storage;

import org.apache.hadoop.conf.Configuration;

/** Adobe's server, which has conditional writes and keeps objects in files. */
class S3MockStoreIT extends S3Contract {

  @Override
  protected Store freshStore() throws Exception {
    return Store.open(StoreServices.freshS3Uri(), settings());
  }

  @Override
  protected Configuration settings() throws Exception {
    return StoreServices.s3MockSettings();
  }

  @Override
  protected boolean hasConditionalWrites() {
    return true;
  }
}
