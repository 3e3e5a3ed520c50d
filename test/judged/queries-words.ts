import { ask, type Query } from './query.js'
import type { Need } from './relevance.js'

function tell(q: string, skills: Need['skills'] & object, more: Need = {}): Query {
  return ask('sentence', q, { skills, ...more })
}

function askPhrase(phrase: string, id = phrase): Query {
  return ask('phrase', `"${phrase}"`, { skills: [id] })
}

function askWithout(q: string, skill: string, ...without: string[]): Query {
  return ask('exclusion', q, { skills: [skill], without })
}

/** Queries that are more than a list of skills. */
export const WORDS: readonly Query[] = [
  tell(
    'someone who knows kubernetes and can help with postgres tuning in Berlin',
    ['kubernetes', 'postgresql'],
    { city: 'Berlin' },
  ),
  tell('looking for a python developer in London', ['python'], { city: 'London' }),
  tell('who can teach me guitar and music theory', ['guitar', 'music theory']),
  tell('I need help with contract law and data protection', ['contract law', 'data protection']),
  tell('is there anybody who knows machine learning and statistics?', [
    'machine learning',
    'statistics',
  ]),
  tell('experienced rust programmer who also knows linux', ['rust', 'linux']),
  tell('need a photographer who knows photoshop', ['photography', 'photoshop']),
  tell('help me to move a web app from mysql to postgresql', ['mysql', 'postgresql']),
  tell('an expert in penetration testing and cryptography', [
    'penetration testing',
    'cryptography',
  ]),
  tell('who could help us with react and typescript', ['react', 'typescript']),
  tell('someone with docker and terraform experience', ['docker', 'terraform']),
  tell('teach me how to bake bread', ['bread baking']),
  tell('a translator who knows german and english', ['translation', 'german', 'english']),
  tell('data engineer with kafka', ['data engineering', 'apache kafka']),
  tell('can somebody fix my arduino, some soldering needed', ['arduino', 'soldering']),
  tell('I would like to learn chess from someone in London', ['chess'], { city: 'London' }),
  tell('who writes javascript for hospitals', ['javascript'], { topic: 'hospitals' }),

  askPhrase('music theory'),
  askPhrase('contract law'),
  askPhrase('game theory'),
  askPhrase('quantum mechanics'),
  askPhrase('organic chemistry'),
  askPhrase('public speaking'),
  askPhrase('vegan cooking'),
  askPhrase('number theory'),
  askPhrase('linear algebra'),
  askPhrase('dog training'),
  askPhrase('sign language'),
  askPhrase('real estate'),
  askPhrase('supply chain', 'supply chain management'),
  askPhrase('Product Management', 'product management'),
  ask('phrase', '"disaster relief"', { topic: 'disaster relief' }),
  ask('phrase', '"data science" python', { skills: ['data science', 'python'] }),

  askWithout('javascript -java', 'javascript', 'java'),
  askWithout('java -javascript', 'java', 'javascript'),
  askWithout('python -django', 'python', 'django'),
  askWithout('linux -docker', 'linux', 'docker'),
  askWithout('react -"react native"', 'react', 'react native'),
  askWithout('c++ -c#', 'c++', 'c#'),
  askWithout('python -java -c++', 'python', 'java', 'c++'),
  askWithout('photography -photoshop', 'photography', 'photoshop'),
  askWithout('guitar -piano', 'guitar', 'piano'),
  askWithout('html -css', 'html', 'css'),
  askWithout('docker -kubernetes', 'docker', 'kubernetes'),
  askWithout('chess -poker', 'chess', 'poker'),
  askWithout('sql -excel', 'sql', 'excel'),
  ask('exclusion', 'python -satellite', { skills: ['python'], withoutTopic: 'satellites' }),
]
