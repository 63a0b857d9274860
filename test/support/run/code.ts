// What a test expects of an error: its code, by which programs know it.
import { expect } from 'vitest'

export const code = (of: string) => expect.objectContaining({ code: of })
