# SPDX-License-Identifier: Apache-2.0
"""Images written header by header, each with the tree that it must become or the refusal that it must meet; see
README.md."""

from . import headers, hostile, links, names, numbers, replacing, sparse, streams, whiteouts

CASES = [case for module in (whiteouts, replacing, links, names, headers, numbers, sparse, streams, hostile)
         for case in module.CASES]
