package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.PredictRequest;
import io.densespark.job.RunDisplay;
import io.densespark.job.Verbs;
import java.util.ArrayList;
import java.util.List;

/** Writes down what it is asked for, and fails where told to. */
final class RecordingVerbs implements Verbs {

  final List<String> calls = new ArrayList<>();
  RunConfig config;
  PredictRequest predicted;
  Throwable failure;
  ExitCode code = ExitCode.SUCCESS;

  @Override
  public ExitCode train(RunConfig asked, RunDisplay display) throws Exception {
    return called("train", asked);
  }

  @Override
  public ExitCode evaluate(RunConfig asked, String model, RunDisplay display) throws Exception {
    return called("evaluate " + model, asked);
  }

  @Override
  public ExitCode predict(RunConfig asked, PredictRequest request, RunDisplay display)
      throws Exception {
    predicted = request;
    return called("predict", asked);
  }

  @Override
  public ExitCode doctor(RunConfig asked, RunDisplay display) throws Exception {
    return called("doctor", asked);
  }

  @Override
  public ExitCode exitCodeOf(Throwable e) {
    return e instanceof IllegalStateException ? ExitCode.DATA : ExitCode.INTERNAL;
  }

  private ExitCode called(String verb, RunConfig asked) throws Exception {
    calls.add(verb);
    config = asked;
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof Exception exception) {
      throw exception;
    }
    return code;
  }
}
