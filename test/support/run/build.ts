// Before the first test that runs the program: dist/ is built, once, unless it is fresh.
import { isFresh } from '../../../scripts/fresh.ts'

export default async function setup(): Promise<void> {
  if (isFresh()) return
  const { build } = await import('../../../scripts/build.ts')
  await build()
}
