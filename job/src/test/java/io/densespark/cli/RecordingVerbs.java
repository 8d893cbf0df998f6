package io.densespark.cli;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.ExportRequest;
import io.densespark.job.PredictRequest;
import io.densespark.job.PromoteRequest;
import io.densespark.job.RetrainRequest;
import io.densespark.job.RunDisplay;
import io.densespark.job.RunOrder;
import io.densespark.job.Verbs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
  public ExitCode runs(RunConfig asked, RunOrder order, boolean json, RunDisplay display)
      throws Exception {
    return called("runs by %s, json %s".formatted(order, json), asked);
  }

  @Override
  public ExitCode compareRuns(
      RunConfig asked, List<String> runIds, boolean json, RunDisplay display) throws Exception {
    return called("compare %s, json %s".formatted(runIds, json), asked);
  }

  @Override
  public ExitCode report(RunConfig asked, String runId, RunDisplay display) throws Exception {
    return called("report " + runId, asked);
  }

  @Override
  public ExitCode predict(RunConfig asked, PredictRequest request, RunDisplay display)
      throws Exception {
    predicted = request;
    return called("predict", asked);
  }

  @Override
  public ExitCode export(RunConfig asked, ExportRequest request, RunDisplay display)
      throws Exception {
    return called(request.toString(), asked);
  }

  @Override
  public ExitCode register(RunConfig asked, Optional<String> model, RunDisplay display)
      throws Exception {
    return called("register " + model.orElse("a run"), asked);
  }

  @Override
  public ExitCode promote(RunConfig asked, PromoteRequest request, RunDisplay display)
      throws Exception {
    return called("promote " + request, asked);
  }

  @Override
  public ExitCode rollback(RunConfig asked, Optional<Integer> to, RunDisplay display)
      throws Exception {
    return called("rollback " + to, asked);
  }

  @Override
  public ExitCode models(RunConfig asked, RunDisplay display) throws Exception {
    return called("models", asked);
  }

  @Override
  public String modelsJson(RunConfig asked) {
    return "{}";
  }

  @Override
  public ExitCode retrain(RunConfig asked, RetrainRequest request, RunDisplay display)
      throws Exception {
    return called("retrain " + request, asked);
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
