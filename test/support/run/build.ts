// Before the first test that runs the program: dist/ is built, once, unless it is fresh.
import { build, isFresh } from '../../../scripts/build.ts'

export default async function setup(): Promise<void> {
  if (!isFresh()) await build()
}
