// The one place where a schema judges a decoded value, and its verdict becomes a typed refusal.
import type { z } from 'zod'
import { FrameError } from './reject.ts'

/**
 * The schema's reading of `value`, without members it does not name. FrameError `malformed` names the first
 * field that does not fit, never its value. Throws nothing else: a schema that throws has refused as well. Zod's
 * `readonly()`, for one, freezes what it was given also when that is of another type, and bytes cannot be frozen.
 */
export function conform<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = attempt(schema, value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new FrameError(
    'malformed',
    `${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'does not fit'}`,
  )
}

function attempt<T>(schema: z.ZodType<T>, value: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value)
  } catch {
    // The thrown error may hold the value, so its text is left out.
    throw new FrameError('malformed', 'a field is of another type than its schema says')
  }
}
