// The one place where a schema judges a decoded value, and its verdict becomes a typed refusal.
import type { z } from 'zod'
import { FrameError } from './reject.ts'

/**
 * The schema's reading of `value`, without members it does not name. FrameError `malformed` names the first
 * field that does not fit, never its value.
 */
export function conform<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new FrameError(
    'malformed',
    `${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'does not fit'}`,
  )
}
