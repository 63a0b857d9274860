// Tells where clouds, registries, package managers and builds take tokens and passwords.
import type { ToolRule } from './rule.ts'

export const LOGIN_TOOLS: readonly ToolRule[] = [
  {
    tools: 'docker podman buildah skopeo nerdctl helm oc cf az twine oras crane regctl fly conan poetry',
    after: /^(?:login|upload|publish)$/,
    secret: 'p',
  },
  {
    tools: 'cargo vault ngrok snyk cloudflared wandb',
    after: /^(?:login|authtoken|add-authtoken|auth|unseal|install)$/,
    last: /^(?:login|authtoken|add-authtoken|auth|unseal)$/,
    // `role=dev` is a field; secrets in fields are found by their names.
    unless: /^[a-z_]+=/,
  },
  { tools: 'gh', after: /^secret$/, secret: 'b', secretLong: 'body' },
  { tools: 'cloudflared', after: /^service$/, last: /^install$/ },
  { tools: 'bw', last: /^unlock$/ },
  { tools: 'bw', last: /^login$/, between: 1 },
  { tools: 'docker podman buildah', harmless: '--secret' },
  { tools: 'kubectl oc k', after: /^secret$/, pairLong: 'from-literal', separator: '=' },
  { tools: 'vault', after: /^(?:put|patch|write)$/, assigns: true },
  {
    tools: 'fly flyctl doppler heroku travis wrangler gh glab',
    after: /^(?:secrets?|config:set|encrypt)$/,
    assigns: true,
  },
  { tools: 'act', secret: 's' },
  { tools: 'aws', after: /^SecureString$/, secretLong: 'value' },
  { tools: 'az', after: /^keyvault$/, secretLong: 'value' },
  { tools: 'gcloud', harmless: '--secret' },
  { tools: 'doctl vercel codecov gotify', secret: 't' },
  { tools: 'glab', after: /^auth$/, secret: 't' },
  { tools: 'netlify', secretLong: 'auth' },
  { tools: 'gitlab-runner', after: /^register$/, secret: 'r' },
  { tools: 'npm pnpm yarn gem', secretLong: 'otp' },
  { tools: 'dotnet nuget', after: /^push$/, secret: 'k', secretLong: 'ApiKey' },
  {
    tools: 'poetry composer bundle',
    after: /^(?:(?:pypi-token|http-basic|github-oauth|gitlab-token|bitbucket-oauth|bearer)\.\S+|gems\.\S+)$/,
    last: /^(?:pypi-token|http-basic|github-oauth|gitlab-token|bitbucket-oauth|bearer|gems)\./,
  },
  { tools: 'pulumi', after: /^--secret$/, last: /^set$/, between: 1, harmless: '--secret' },
  { tools: 'maas', last: /^login$/, between: 2 },
  { tools: 'rclone', after: /^obscure$/, last: /^obscure$/ },
  {
    tools: 'ansible-vault',
    after: /^encrypt_string$/,
    last: /^encrypt_string$/,
    valued: '--name -n --vault-id --encrypt-vault-id --stdin-name --vault-password-file',
  },
  { tools: 'grafana-cli', last: /^reset-admin-password$/ },
  { tools: 'drush', last: /^(?:upwd|user:password)$/, between: 1 },
]
