// Finds tokens by their beginning or by a mark in them: one row for each issuer.

interface TokenForm {
  readonly issuer: string
  /** Beginnings of the token, as sources of regular expressions without groups, separated by blanks. */
  readonly begins: string
  /** The rest of the token, as source. Every repetition is bounded or at its end. */
  readonly rest: string
  /** Quick test for a line in lower case; default: the beginnings. */
  readonly hint?: string
}

const HEX_UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const END = '(?![A-Za-z0-9])'

/**
 * Taken from the issuers' documentation and from the rules of the scanners gitleaks and trufflehog, as far as the form alone
 * shows that it is a secret. Tokens that look like digests or UUIDs need a name beside them.
 */
const TOKEN_FORMS: readonly TokenForm[] = [
  {
    issuer: '1Password',
    begins: 'A3-',
    rest: `[A-Z0-9]{6}-[A-Z0-9]{6}(?:-[A-Z0-9]{5}|[A-Z0-9]{5})(?:-[A-Z0-9]{5}){2,3}${END}`,
  },
  { issuer: '1Password service accounts', begins: 'ops_eyJ', rest: '[\\w+/-]{100,}={0,3}' },
  { issuer: 'Adobe', begins: 'p8e-', rest: '[A-Za-z0-9]{32,}' },
  { issuer: 'age', begins: 'AGE-SECRET-KEY-(?:PQ-)?1', rest: '[0-9A-Z]{50,}', hint: 'age-secret-key' },
  { issuer: 'Airtable', begins: 'pat', rest: '[A-Za-z0-9]{14}\\.[0-9a-f]{64,}', hint: 'pat[a-z0-9]{14}\\.' },
  { issuer: 'Alibaba', begins: 'LTAI', rest: '[A-Za-z0-9]{17,}' },
  { issuer: 'Atlassian', begins: 'ATATT3 ATBB', rest: '[\\w=.-]{20,}' },
  { issuer: 'Atlassian access', begins: 'ATCTT3xFfG', rest: '[\\w+/-]{20,}(?:=[A-Za-z0-9]{8})?' },
  { issuer: 'AWS', begins: 'AKIA ASIA ABIA ACCA', rest: `[A-Z0-9]{16}${END}` },
  { issuer: 'AWS Bedrock', begins: 'ABSK bedrock-api-key-', rest: '[A-Za-z0-9+/]{40,}={0,2}' },
  { issuer: 'Azure', begins: '[\\w~.]{3}\\dQ~', rest: '[\\w~.-]{31,}', hint: '\\dq~' },
  { issuer: 'Buildkite', begins: 'bkua_', rest: '[a-z0-9]{40,}' },
  { issuer: 'CircleCI', begins: 'CCIPAT_ CCIPRJ_', rest: '[A-Za-z0-9]{22}_[0-9a-f]{40,}' },
  { issuer: 'ClickHouse', begins: '4b1d', rest: `[A-Za-z0-9]{38}${END}`, hint: `4b1d[a-z0-9]{38}${END}` },
  { issuer: 'Clojars', begins: 'CLOJARS_', rest: '[A-Za-z0-9]{50,}' },
  { issuer: 'Cloudflare', begins: 'cfut_ cfat_ cfk_', rest: '[A-Za-z0-9]{40,}' },
  { issuer: 'Cloudflare origin', begins: 'v1\\.0-', rest: '[0-9a-f]{24}-[0-9a-f]{100,}' },
  { issuer: 'Contentful', begins: 'CFPAT-', rest: '[\\w-]{40,}' },
  { issuer: 'Databricks', begins: 'dapi', rest: '[0-9a-f]{32}(?:-\\d)?' },
  { issuer: 'Datadog', begins: 'ddp_ ddw_', rest: '[A-Za-z0-9]{36,}' },
  { issuer: 'DigitalOcean', begins: 'do[opr]_v1_', rest: '[0-9a-f]{64,}' },
  {
    issuer: 'Discord',
    begins: '[MNO]',
    rest: `(?=[A-Za-z]{0,23}\\d)[A-Za-z0-9]{23,25}\\.[\\w-]{6}\\.[\\w-]{27,}`,
    hint: '[mno][a-z0-9]{23,25}\\.',
  },
  { issuer: 'Docker Hub', begins: 'dckr_pat_ dckr_oat_', rest: '[\\w-]{27,}' },
  { issuer: 'Docker swarm', begins: 'SWMTKN-1-', rest: '[a-z0-9]{50}-[a-z0-9]{25,}' },
  { issuer: 'Docker swarm unlocking', begins: 'SWMKEY-1-', rest: '[\\w+/-]{40,}' },
  {
    issuer: 'Doppler',
    begins: 'dp\\.(?:ct|pt|sa|scim|audit|st(?:\\.[a-z0-9_-]{2,35})?)\\.',
    rest: '[A-Za-z0-9]{40,}',
    hint: 'dp\\.',
  },
  { issuer: 'Dropbox', begins: 'sl\\.(?:u\\.)?', rest: '[\\w=-]{100,}', hint: 'sl\\.[\\w=.-]{100}' },
  { issuer: 'Duffel', begins: 'duffel_live_ duffel_test_', rest: '[\\w=-]{40,}' },
  { issuer: 'Dynatrace', begins: 'dt0[a-z]\\d\\d\\.', rest: '[A-Z0-9]{24}\\.[A-Z0-9]{64,}' },
  { issuer: 'EasyPost', begins: 'EZAK EZTK', rest: '[A-Za-z0-9]{54,}' },
  { issuer: 'Facebook', begins: 'EAA[MC]', rest: '[A-Za-z0-9]{100,}' },
  { issuer: 'Figma', begins: 'fig[dopu]_', rest: '[\\w=-]{40,}' },
  { issuer: 'Flutterwave', begins: 'FLWSECK(?:_TEST)?-', rest: '[0-9a-z]{12,32}(?:-X)?', hint: 'flwseck' },
  { issuer: 'Fly.io', begins: 'fo1_ fm1[ar]_ fm2_', rest: '[\\w+/-]{43,}={0,3}' },
  { issuer: 'Frame.io', begins: 'fio-u-', rest: '[\\w=-]{64,}' },
  { issuer: 'GitHub', begins: 'gh[pousr]_', rest: '[A-Za-z0-9_]{30,}' },
  { issuer: 'GitHub fine-grained', begins: 'github_pat_', rest: '\\w{30,}' },
  {
    issuer: 'GitLab',
    begins: 'gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-',
    rest: '[\\w-]{20,}(?:\\.[0-9a-z]{2}\\.?[0-9a-z]{7,9})?',
    hint: 'gl[a-z]{2,5}-',
  },
  { issuer: 'GitLab runners', begins: 'GR1348941', rest: '[\\w-]{20,}' },
  { issuer: 'Google API', begins: 'AIza', rest: '[\\w-]{35}' },
  { issuer: 'Google access', begins: 'ya29\\.', rest: '[\\w-]{20,}' },
  { issuer: 'Google clients', begins: 'GOCSPX-', rest: '[\\w-]{20,}' },
  { issuer: 'Google refresh', begins: '1//0', rest: '[\\w-]{40,}' },
  { issuer: 'Google storage', begins: 'GOOG1E', rest: '[A-Z0-9]{50,}' },
  { issuer: 'Grafana', begins: 'glc_', rest: '[A-Za-z0-9+/]{32,}={0,3}' },
  { issuer: 'Grafana service accounts', begins: 'glsa_', rest: '[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}' },
  { issuer: 'Grafana API', begins: 'eyJrIjoi', rest: '[A-Za-z0-9+/]{40,}={0,3}' },
  { issuer: 'Groq', begins: 'gsk_', rest: '[A-Za-z0-9]{40,}' },
  { issuer: 'Harness', begins: 'pat\\. sat\\.', rest: '[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20,}' },
  { issuer: 'Terraform', begins: '[A-Za-z0-9]{14}\\.atlasv1\\.', rest: '[\\w=-]{60,}', hint: 'atlasv1' },
  { issuer: 'Vault', begins: 'hv[sbr]\\.', rest: '[\\w-]{20,}' },
  {
    issuer: 'Vault before 1.10',
    begins: '[sbr]\\.',
    rest: `(?=[A-Za-z]{0,23}\\d)[A-Za-z0-9]{24}${END}`,
    hint: `(?<![a-z0-9])[sbr]\\.[a-z0-9]{24}${END}`,
  },
  { issuer: 'Heroku', begins: 'HRKU-', rest: '[\\w-]{36,}' },
  { issuer: 'HubSpot', begins: 'pat-(?:eu|na)\\d-', rest: HEX_UUID },
  { issuer: 'Hugging Face', begins: 'hf_ api_org_', rest: '[A-Za-z0-9]{30,}' },
  { issuer: 'Infracost', begins: 'ico-', rest: '[A-Za-z0-9]{32,}', hint: 'ico-[a-z0-9]{32}' },
  { issuer: '42', begins: 's-s4t2ud- s-s4t2af-', rest: '[0-9a-f]{64,}' },
  { issuer: 'JFrog', begins: 'AKCp cmVmd', rest: '[A-Za-z0-9]{55,}' },
  { issuer: 'k3s', begins: 'K10', rest: '[0-9a-f]{64}::[\\w:-]{8,}', hint: 'k10[0-9a-f]{64}' },
  { issuer: 'Karo', begins: 'karo_[0-9a-f]{10}_', rest: '[\\w-]{43}', hint: 'karo_' },
  { issuer: 'LangSmith', begins: 'lsv2_pt_ lsv2_sk_', rest: '[0-9a-f]{32}_[0-9a-f]{10,}' },
  {
    issuer: 'LaunchDarkly',
    begins: 'sdk- api- mob-',
    rest: `[0-9a-z]{8}-(?:[0-9a-z]{4}-){3}[0-9a-z]{12}${END}`,
    hint: '(?:sdk|api|mob)-[0-9a-z]{8}-',
  },
  { issuer: 'Linear', begins: 'lin_api_ lin_oauth_', rest: '[A-Za-z0-9]{40,}' },
  { issuer: 'Lob', begins: 'live_ test_', rest: `[0-9a-f]{35}${END}`, hint: '(?:live|test)_[0-9a-f]{35}' },
  { issuer: 'Mailchimp', begins: '[0-9a-f]{32}-us', rest: '\\d{1,2}', hint: '[0-9a-f]-us\\d' },
  { issuer: 'Mailgun', begins: 'key-', rest: `[0-9a-f]{32}${END}`, hint: 'key-[0-9a-f]{32}' },
  {
    issuer: 'Mailgun signing',
    begins: '[0-9a-f]{32}-',
    rest: `[0-9a-f]{8}-[0-9a-f]{8}(?![\\w-])`,
    hint: '[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\\w-])',
  },
  { issuer: 'Mapbox', begins: 'sk\\.', rest: '[\\w.-]{80,}', hint: '(?<![a-z0-9])sk\\.[\\w.-]{80}' },
  { issuer: 'MaxMind', begins: '[A-Za-z0-9]{6}_', rest: '[A-Za-z0-9]{29}_mmk', hint: '_mmk' },
  { issuer: 'Netlify', begins: 'nfp_', rest: '[A-Za-z0-9_]{30,}' },
  { issuer: 'New Relic', begins: 'NRAK- NRII- NRIQ- NRBR- NRSP-', rest: '[A-Za-z0-9_-]{19,}' },
  { issuer: 'New Relic licences', begins: '[0-9a-f]{32}', rest: 'FFFFNRAL', hint: 'ffffnral' },
  { issuer: 'Notion', begins: 'ntn_ secret_', rest: `[A-Za-z0-9]{43,}`, hint: '(?:ntn|secret)_[a-z0-9]{43}' },
  { issuer: 'npm', begins: 'npm_', rest: '[A-Za-z0-9]{30,}', hint: 'npm_[a-z0-9]{30}' },
  { issuer: 'NuGet', begins: 'oy2', rest: `[a-z0-9]{43}${END}`, hint: 'oy2[a-z0-9]{43}' },
  { issuer: 'NVIDIA', begins: 'nvapi-', rest: '[\\w-]{50,}' },
  { issuer: 'Octopus', begins: 'API-', rest: `[A-Z0-9]{25,}${END}`, hint: 'api-[a-z0-9]{25}' },
  {
    issuer: 'OpenAI, Anthropic, OpenRouter',
    begins: 'sk-',
    rest: '(?=[\\w-]{0,40}\\d|(?:proj|admin|svcacct|service|ant|or)-)[\\w-]{20,}',
    hint: '(?<![a-z0-9])sk-[\\w-]{20}',
  },
  { issuer: 'OpenShift', begins: 'sha256~', rest: '[\\w-]{43,}' },
  { issuer: 'Perplexity', begins: 'pplx-', rest: '[A-Za-z0-9]{48,}' },
  { issuer: 'Pinecone', begins: 'pcsk_', rest: '[A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,}' },
  { issuer: 'Plaid', begins: 'access-sandbox- access-development- access-production-', rest: HEX_UUID },
  { issuer: 'PlanetScale', begins: 'pscale_tkn_ pscale_pw_ pscale_oauth_', rest: '[\\w=.-]{32,}' },
  { issuer: 'PostHog', begins: 'phx_', rest: '\\w{40,}' },
  { issuer: 'Postman', begins: 'PMAK-', rest: '[A-Za-z0-9-]{50,}' },
  { issuer: 'Prefect', begins: 'pnu_ pnb_', rest: '[A-Za-z0-9]{36,}' },
  { issuer: 'Pulumi', begins: 'pul-', rest: '[0-9a-f]{40,}' },
  { issuer: 'PyPI', begins: 'pypi-', rest: '[\\w-]{30,}' },
  { issuer: 'Razorpay', begins: 'rzp_live_ rzp_test_', rest: '[A-Za-z0-9]{14,}' },
  { issuer: 'ReadMe', begins: 'rdme_', rest: '[a-z0-9]{70,}' },
  { issuer: 'Replicate', begins: 'r8_', rest: '[\\w-]{37,}', hint: 'r8_[\\w-]{37}' },
  { issuer: 'Rootly', begins: 'rootly_', rest: '[0-9a-f]{64,}' },
  { issuer: 'RubyGems', begins: 'rubygems_', rest: '[0-9a-f]{48,}' },
  { issuer: 'Salesforce', begins: '00[A-Za-z0-9]{13}!', rest: '[\\w.]{60,}', hint: '00[a-z0-9]{13}!' },
  { issuer: 'Scalingo', begins: 'tk-us-', rest: '[\\w-]{48,}' },
  { issuer: 'SendGrid', begins: 'SG\\.', rest: '[\\w-]{16,32}\\.[\\w-]{16,}' },
  { issuer: 'Sendinblue', begins: 'xkeysib- xsmtpsib-', rest: '[0-9a-f]{64}-[A-Za-z0-9]{16,}' },
  { issuer: 'Sentry', begins: 'sntryu_ sntrys_', rest: '[\\w+/=]{40,}' },
  { issuer: 'SettleMint', begins: 'sm_[aps]at_', rest: '[A-Za-z0-9]{16,}' },
  { issuer: 'Shippo', begins: 'shippo_live_ shippo_test_', rest: '[0-9A-Fa-f]{40,}' },
  { issuer: 'Shopify', begins: 'shp(?:at|ca|pa|ss|tka)_', rest: '[0-9A-Fa-f]{32,}' },
  { issuer: 'Slack', begins: '(?:xoxe\\.)?xox[a-z]-', rest: '[\\w%-]{10,}', hint: 'xox[a-z]-' },
  { issuer: 'Slack apps', begins: 'xapp-', rest: '[\\w-]{10,}' },
  { issuer: 'SonarQube', begins: 'squ_ sqp_ sqa_', rest: '[A-Za-z0-9]{40,}' },
  { issuer: 'Sourcegraph', begins: 'sgp_', rest: '(?:local_|[0-9a-fA-F]{16}_)?[0-9a-fA-F]{40,}' },
  { issuer: 'Sourcegraph licences', begins: 'slk_', rest: '[0-9a-f]{64,}' },
  { issuer: 'Square', begins: 'EAAA sq0[a-z]{3}-', rest: '[\\w-]{22,}', hint: 'eaaa[\\w-]{22}|sq0[a-z]{3}-' },
  { issuer: 'Stripe', begins: '[rs]k_live_ [rs]k_test_ [rs]k_prod_', rest: '[A-Za-z0-9]{16,}' },
  { issuer: 'Stripe web hooks', begins: 'whsec_', rest: '[A-Za-z0-9+/]{32,}' },
  { issuer: 'Supabase', begins: 'sbp_ sb_secret_', rest: '[\\w-]{30,}' },
  { issuer: 'Tailscale', begins: 'tskey-', rest: '[a-z]{1,16}-\\w{1,40}-\\w{20,}' },
  { issuer: 'Twilio', begins: 'SK', rest: `[0-9a-f]{32}${END}`, hint: '(?<![a-z0-9])sk[0-9a-f]{32}' },
  { issuer: 'Twitch', begins: 'oauth:', rest: '[a-z0-9]{30,}' },
  { issuer: 'Typeform', begins: 'tfp_', rest: '[\\w=.-]{40,}' },
  { issuer: 'xAI', begins: 'xai-', rest: '\\w{60,}' },
  { issuer: 'Yandex', begins: 'AQVN', rest: '[\\w-]{35,}' },
  { issuer: 'Yandex access', begins: 't1\\.', rest: '[\\w-]{40,200}={0,2}\\.[\\w-]{80,}={0,2}' },
  {
    issuer: 'of services without a form of their own',
    begins: '[sr]k_ pat_ tok_ [a-z]{2,12}_(?:live|test)_',
    rest: '(?=[A-Za-z_-]{0,40}\\d)(?:[A-Za-z0-9]{1,12}[_-]){0,3}[A-Za-z0-9]{20,}',
    hint: '(?:[sr]k_|pat_|tok_|_live_|_test_)[\\w-]{20}',
  },
  { issuer: 'Zoho', begins: '1000\\.', rest: '[0-9a-f]{32}\\.[0-9a-f]{32,}' },
]

const beginnings = ({ begins }: TokenForm): string => `(?:${begins.split(' ').join('|')})`

/** Quick test for a line in lower case: without a match it has none of these tokens. */
export const TOKEN_HINT = new RegExp(
  TOKEN_FORMS.map((form) => form.hint ?? beginnings(form).toLowerCase()).join('|'),
)

/** All forms in one global pattern, with the group `secret`. */
export const TOKEN = new RegExp(
  `(?<![A-Za-z0-9])(?<secret>${TOKEN_FORMS.map((form) => beginnings(form) + form.rest).join('|')})`,
  'g',
)
