package io.densespark.dataset;

import io.densespark.images.BrokenImage;
import io.densespark.images.LeftOut;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/**
 * Examples that executors read, whenever they are wanted: the same ones in the same partitions each
 * time.
 *
 * @param images examples; an executor holds one at a time
 * @param keyed whether their keys order them; else their content does
 * @param place where they are, for people
 * @param unusable files that should hold images and cannot be used
 * @param leftOut files that were not taken for images
 */
record LabelledRows(
    JavaRDD<LabelledImage> images,
    boolean keyed,
    String place,
    List<BrokenImage> unusable,
    List<LeftOut> leftOut) {}
