/**
 * Text that does not depend on the locale of the JVM that makes it: {@link
 * io.densespark.text.Text}, and {@link io.densespark.text.Figures} for values. The build refuses
 * what does (forbidden-apis). Depends on nothing.
 */
package io.densespark.text;
