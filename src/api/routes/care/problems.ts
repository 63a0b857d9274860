// GET /problems: recent warnings and errors of the daemon without their texts, for `karo report-problem`.
import type { Random } from '../../../base/clock.ts'
import type { Problem } from '../../../base/run/problem.ts'
import { getProblems } from '../../contract/operations/care.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface ProblemsRouteDeps {
  readonly problems: { report(salt: Uint8Array): readonly Problem[] }
  readonly random: Pick<Random, 'bytes'>
}

/** The salt for hashing node ids is new for each answer and is not kept, so nobody can tell the nodes from the hashes. */
const SALT_BYTES = 32

export function problemsRoutes({ problems, random }: ProblemsRouteDeps): Routes {
  return (server) => {
    serve(server, getProblems, async () => ({ problems: problems.report(random.bytes(SALT_BYTES)) }))
  }
}
