/* study.h - `weir check` and `weir explain`: a script that is looked at and not run. argv[0] is the
 * command; the result is the exit code. */
#pragma once

int study_check(int argc, char **argv);
int study_explain(int argc, char **argv);

extern const char study_check_help[];
extern const char study_explain_help[];
