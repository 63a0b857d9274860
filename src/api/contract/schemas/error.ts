// Schema of every error: over the API, and on stdout with `--json`.
import * as z from 'zod'
import { ERROR_CODES, type ErrorCode } from '../../../base/errors.ts'
import { text } from './fields.ts'

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]

export const error = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(codes).describe('code for scripts; each code has one HTTP status'),
      message: z.string().describe('what was wrong, for people'),
      where: z.string().exactOptional().describe('the field, option, file or line that is wrong'),
      hint: text(4096, 'what to do, in one imperative sentence').exactOptional(),
    }),
  })
  .meta({ id: 'Error', description: 'Why a request failed.' })

export type ErrorShape = z.infer<typeof error>
