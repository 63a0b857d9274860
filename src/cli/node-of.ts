// Which node a person's commands are about, for those that look at its files.
import { type Env, type HomePaths, homePaths, recordingPaths, servicePaths } from '../config/paths.ts'

/** The node that this person's commands are about: their own, or the machine's if they have none. */
export function nodeOf(env: Env): { paths: HomePaths; service: boolean } {
  const service = recordingPaths(env).whose === 'machine'
  return { paths: service ? servicePaths({}) : homePaths(env), service }
}
