// Which node a person's commands are about, for those that look at its files.
import { type Env, type HomePaths, homePaths, recordingPaths, servicePaths } from '../config/paths.ts'

/**
 * The node that this person's commands are about, which also gets the records of their shells: their own, or the machine's if they
 * have none and name none, whether that one runs or not.
 */
export function nodeOf(env: Env): { paths: HomePaths; service: boolean } {
  const service = recordingPaths(env).whose === 'machine'
  // The environment is left out, because systemd may name the directories of another service there.
  return { paths: service ? servicePaths({}) : homePaths(env), service }
}
