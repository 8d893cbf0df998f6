/**
 * Model versions of a workspace, who may serve and who was let through, and why.
 *
 * <pre>
 * models/&lt;name&gt;/
 *   versions/&lt;n&gt;/           model.zip, metrics.json, provenance.json; manifest.json last; never changed
 *   events/&lt;sequence&gt;.json  the audit log, one file an event; the newest holds the aliases
 *   aliases/                candidate.json, champion.json: copies for other programs
 *   keys/&lt;key&gt;.json         version by what it was made from, so that nothing is registered twice
 * </pre>
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.registry.ModelRegistry} everything that can be done, safe to be killed
 *       at any write;
 *   <li>{@link io.densespark.registry.ModelVersion} what a version is;
 *   <li>{@link io.densespark.registry.RegistryEvent} and {@link io.densespark.registry.Aliases} the
 *       audit log;
 *   <li>{@link io.densespark.registry.PromotionGate} from measurements to a {@link
 *       io.densespark.registry.GateDecision}, a pure function under a {@link
 *       io.densespark.registry.GateConfig};
 *   <li>{@link io.densespark.registry.McNemar} whether two models differ.
 * </ol>
 *
 * <p>May depend on {@code storage}, {@code metrics} and {@code evaluation}; knows nothing of Spark.
 */
package io.densespark.registry;
