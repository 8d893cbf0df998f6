// Part of fake_cuda.cpp: NVRTC, whose compiler is g++.

struct Program {
  std::string source, log, image;
};

int nvrtcVersion(int *major, int *minor) { return *major = 13, *minor = 0, OK; }

int nvrtcCreateProgram(Program **program, const char *source, const char *, int, void *, void *) {
  return *program = new Program{source, "", ""}, OK;
}

// The image is the name of a library that g++ has made.
int nvrtcCompileProgram(Program *program, int count, const char **options) {
  Locked locked(lock);
  static int number;
  bool architecture = false;
  std::string definitions;
  for (int i = 0; i < count; i++) {
    architecture |= !strcmp(options[i], "--gpu-architecture=sm_90");
    if (!strncmp(options[i], "-D", 2)) definitions += std::string(" ") + options[i];
  }
  if (!architecture) return program->log = "no architecture", INVALID_VALUE;
  const std::string base = WORK "/kernels" + std::to_string(number++);
  {
    std::ofstream file(base + ".cpp");
    file << program->source;
    const std::string &source = program->source, mark = "__global__ void";
    for (size_t at = 0; (at = source.find(mark, at)) != std::string::npos;) {
      at += mark.size();
      const size_t bounds = source.find("__launch_bounds__(", at);
      if (bounds < source.find('(', at)) at = source.find(')', bounds) + 1;
      const size_t end = source.find('(', at), first = source.find_first_not_of(" \n", at);
      file << "BIND(" << source.substr(first, end - first) << ")\n";
    }
  }
  const std::string command = "g++ -std=c++17 -O2 -march=native -ffp-contract=off -fPIC -shared -DKERNELS -include " SHIM +
                              definitions + " -o " + base + ".so " + base + ".cpp >" + base + ".log 2>&1";
  const int error = system(command.c_str());
  std::ifstream log(base + ".log");
  std::stringstream text;
  text << log.rdbuf();
  program->log = text.str();
  program->image = base + ".so";
  return error ? 6 : OK;
}

int nvrtcGetProgramLogSize(Program *p, Address *bytes) { return *bytes = p->log.size() + 1, OK; }
int nvrtcGetProgramLog(Program *p, char *log) { return strcpy(log, p->log.c_str()), OK; }
int nvrtcGetCUBINSize(Program *p, Address *bytes) { return *bytes = p->image.size() + 1, OK; }
int nvrtcGetCUBIN(Program *p, char *image) { return strcpy(image, p->image.c_str()), OK; }

int nvrtcDestroyProgram(Program **program) {
  delete *program;
  *program = nullptr;
  return OK;
}
