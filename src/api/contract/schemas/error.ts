// Schema of every error: over the API, and on stdout with `--json`.
import * as z from 'zod'
import { ERROR_CODES, type ErrorCode } from '../../../base/errors.ts'
import { named, oneOf, text } from './fields.ts'

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]

export const error = named(
  'Error',
  {
    error: z.strictObject({
      code: oneOf(codes, 'code for scripts; each code has one HTTP status'),
      message: z.string().describe('what was wrong, for people'),
      where: z.string().optional().describe('the field, option, file or line that is wrong'),
      hint: text(4096, 'what to do, in one imperative sentence').optional(),
    }),
  },
  'Why a request failed.',
)

export type ErrorShape = z.infer<typeof error>
