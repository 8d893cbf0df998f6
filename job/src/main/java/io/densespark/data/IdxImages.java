package io.densespark.data;

/** The images of an IDX file, one after the other. */
public final class IdxImages implements AutoCloseable {

  private final IdxFile file;
  private final IdxPart part;

  IdxImages(IdxFile file, IdxPart part) {
    this.file = file;
    this.part = part;
  }

  /** What is known before the first image. */
  public IdxPart part() {
    return part;
  }

  /**
   * The next image, uint8 [height, width]; there are as many as labels.
   *
   * @throws DataException when the file cannot be read or ends before
   */
  public byte[] next() {
    return part.upright(file.next(part.imageBytes()));
  }

  /**
   * Reads the end of the file, which must come after the last image.
   *
   * @throws DataException when it cannot be read or something else comes
   */
  public DataFile end() {
    return file.end();
  }

  @Override
  public void close() {
    file.close();
  }
}
