/**
 * Keys whose private half is published: SHA-256 of the DER SubjectPublicKeyInfo, as `spkiSha256Of` gives it.
 *
 * People copy them out of documents. Each was derived from the published private key, or checked with
 * the signature or thumbprint published beside it. This project's own test keys (test/support/keys) are
 * as public as these, but the test suites and the demo must be able to register them.
 */
export const COMPROMISED_KEYS: ReadonlySet<string> = new Set([
  // jwt.io, the RS256 example
  'f56c8b01227f62ddbc16eb29a6ac0b310e276760a5e06302fa881a35146f6bc7',
  // RFC 7515 A.2, RSA
  '6fd13c2435a361e7c588cd17f55f5ad3df0177a66c1727a6a200845f4d7ab88c',
  // RFC 7515 A.3, P-256
  '2bd1bb0c44a897c30a7aa0991cde38d8062fe441de50da0f46825344f602e827',
  // RFC 7516 A.1, RSA
  'bf0a7a74f9afb6edda89ebabe824241bfdb281db2da50daae9973c6cbe99fe95',
  // RFC 7517 A.1 and A.2, RSA (the key of RFC 7638 §3.1)
  'ad32320cf6c596d884b05381ba573aba8ddd5749b4de8f4a23a79f9a89ddaeb2',
  // RFC 7517 A.1 and A.2, P-256
  '51b944cdfa544d4c3273aa6bf350625a7dd53bbb6a71723274f538b19a207760',
  // RFC 7520 §3.4, RSA
  '627771f25da426d1f9ae315e42106d700b1529850eee1592acf39603959d795d',
  // one of the keys that Debian's OpenSSL made until 2008 (CVE-2008-0166), the sample that badkeys tests with
  '9449eb4873a6a19a803682bcadbdca86e8c54b139e6105c1f9dc00e7b2b997a2',
  // RFC 6979 A.2.5, P-256
  '5a7a78cca4a0f420d9bc62bb669c3c2759e39f723d3ae10dcbe0f0815a07ecd4',
  // RFC 8032 §7.1 TEST 1 (the key of RFC 8037 A.1), TEST 2 and TEST 3, Ed25519
  '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9',
  'deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170',
  '8d39ba50abe50f77b6bb8ae7b6927aff7ffbeba35ad2837c0e51e82bcbcc60d5',
  // RFC 8410 §10.3, Ed25519
  'a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f',
])
