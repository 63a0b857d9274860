// GET /problems: recent warnings and errors of the daemon without their texts, for `karo report-problem`.
import { getProblems } from '../../contract/operations/care.ts'
import { type Rooms, type Routes, serve } from '../../server/index.ts'

/** The salt for hashing node ids is new for each answer and is not kept, so nobody can tell the nodes from the hashes. */
const SALT_BYTES = 32

export function problemsRoutes({ problems, random }: Rooms): Routes {
  return (server) => {
    serve(server, getProblems, async () => ({ problems: problems.report(random.bytes(SALT_BYTES)) }))
  }
}
