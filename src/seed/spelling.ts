import { below, pick } from './chance.js'

/** What many write instead of the whole name. */
const SHORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['JavaScript', ['JS', 'Javascript']],
  ['TypeScript', ['TS', 'Typescript']],
  ['Machine Learning', ['ML', 'MachineLearning']],
  ['Kubernetes', ['k8s']],
  ['PostgreSQL', ['Postgres']],
  ['Node.js', ['NodeJS', 'Node']],
  ['React', ['React.js', 'ReactJS']],
  ['Go', ['Golang']],
  ['C++', ['cpp']],
  ['C#', ['CSharp']],
  ['NLP', ['Natural Language Processing']],
  ['LLM', ['LLMs']],
  ['Computer Vision', ['CV']],
  ['Google Cloud', ['GCP']],
  ['Vue.js', ['Vue']],
])

/** Not everybody types a name with its capitals, its blanks, or in full. */
export function spell(name: string): string {
  switch (below(16)) {
    case 0:
    case 1:
    case 2:
      return name.toLowerCase()
    case 3:
      return name.replaceAll(' ', '-')
    case 4:
      return name.replaceAll(' ', '_').toLowerCase()
    case 5:
    case 6:
      return pick(SHORT.get(name) ?? [name])
    default:
      return name
  }
}
