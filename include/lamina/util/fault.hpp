// SPDX-License-Identifier: Apache-2.0
// Fault points: named places at which a test makes the program fail, so that what is there after a failure can be
// looked at. They are in the program that users run too, so that it is the one that was tested.
#pragma once

namespace lamina::util {

/// Does nothing, unless the environment says LAMINA_FAULT=NAME:ACTION[:N] and this is the N-th passing (from 1, which
/// is the default) of the point `name`. ACTION: "kill" and "stop" send the process SIGKILL or SIGSTOP, "ENOSPC" and
/// "EIO" throw Error with that errno.
void fault_point(const char* name);

}  // namespace lamina::util
