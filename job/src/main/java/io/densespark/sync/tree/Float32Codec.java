package io.densespark.sync.tree;

/** Floats as they are. */
final class Float32Codec implements TileCodec {

  @Override
  public void encodeTile(float[] tile, int count, WirePiece piece, int from) {
    piece.floats().put(from, tile, 0, count);
  }

  @Override
  public void decodeTile(WirePiece piece, int from, float[] tile, int count) {
    piece.floats().get(from, tile, 0, count);
  }
}
