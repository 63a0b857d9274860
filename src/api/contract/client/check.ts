// Holds an answer against its schema; loaded only where the daemon may be of another version than its client.
import type * as z from 'zod'
import { KaroError } from '../../../base/errors.ts'
import { BUILD } from '../../../base/version.ts'
import type { Operation } from '../operation.ts'

/**
 * Members that a newer daemon has besides are let through: nobody here reads them. Throws KaroError `conflict` when the
 * daemon is of another build, else `internal`; both name the first member that is missing or has another form.
 */
export function checkShape(
  { method, path }: Operation,
  schema: z.ZodType,
  value: unknown,
  build: string | undefined,
): void {
  const { error } = schema.safeParse(value)
  const wrong = error?.issues.find((issue) => !isAddition(issue))
  if (wrong === undefined) return
  const where = `${method} ${path}: ${wrong.path.join('.') || 'the whole answer'}`
  if (build !== undefined && build !== BUILD) {
    throw new KaroError(
      'conflict',
      `the daemon is Karo ${build}, and this is ${BUILD}: its answer is not understood`,
      {
        where,
        hint: 'Start the daemon again, so that both are the same: sudo systemctl restart karo, or karo up.',
      },
    )
  }
  throw new KaroError('internal', `the answer is not what the API says it is: ${wrong.message}`, { where })
}

/** Nothing but members that the schema does not know; of a union, in the form that fits best. */
function isAddition(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'unrecognized_keys') return true
  return (
    issue.code === 'invalid_union' && issue.errors.some((form) => form.length > 0 && form.every(isAddition))
  )
}
