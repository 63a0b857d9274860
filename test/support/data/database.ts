// Real Level databases in directories of their own, gone when the test is over.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Database, newDatabase } from '../../../src/store/level/database.ts'

/** Removed, with all in it, when the running test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'karo-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }))
  return directory
}

/** Open; closed when the running test ends. */
export async function temporaryDatabase(directory = temporaryDirectory()): Promise<Database> {
  const db = newDatabase(directory)
  await db.open()
  onTestFinished(() => db.close())
  return db
}

/** Whether a file in it contains this text. */
export const holds = (directory: string, text: string): boolean =>
  readdirSync(directory).some((name) => readFileSync(join(directory, name)).includes(text))
