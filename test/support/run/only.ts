// Tests of a table that apply to some of its rows only: for the others there is nothing to test, and so nothing to skip.
import { test } from 'vitest'

const NONE = Object.assign(() => {}, { each: () => () => {} }) as unknown as typeof test

/** `test` where it applies; elsewhere nothing is defined. */
export const testWhere = (applies: boolean): typeof test => (applies ? test : NONE)
