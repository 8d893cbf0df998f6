package io.densespark.sync;

import java.io.Serializable;

/**
 * Where a slot computes.
 *
 * @param slot its number
 * @param host of its executor
 * @param executor Spark's id of it
 * @param device address of its GPU there; null: none
 */
public record SlotPlace(int slot, String host, String executor, String device)
    implements Serializable {}
