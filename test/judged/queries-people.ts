import { ask, type Query } from './query.js'

function askName(q: string, need: { given?: string; family?: string }): Query {
  return ask('name', q, need)
}

function askLanguage(q: string, id: string, language: string): Query {
  return ask('language and model', q, { skills: [id], language }, { language })
}

function askModel(q: string, id: string, model: string): Query {
  return ask('language and model', q, { skills: [id], model }, { model })
}

function askTopic(q: string, topic: string, ...skills: string[]): Query {
  return ask('description', q, { topic, skills })
}

/** Queries for who people are, what they speak and share, and what they tell of themselves. */
export const PEOPLE_QUERIES: readonly Query[] = [
  askName('Zoë Müller', { given: 'Zoë', family: 'Müller' }),
  askName('muller', { family: 'Müller' }),
  askName('jose garcia', { given: 'José', family: 'García' }),
  askName('Núñez', { family: 'Núñez' }),
  askName('nunez', { family: 'Núñez' }),
  askName('nguyen', { family: 'Nguyễn' }),
  askName("O'Brien", { family: "O'Brien" }),
  askName('Владимир', { given: 'Владимир' }),
  askName('田中', { family: '田中' }),
  askName('فاطمة', { given: 'فاطمة' }),
  askName('oystein', { given: 'Øystein' }),
  askName('lukasz wojcik', { given: 'Łukasz', family: 'Wójcik' }),
  askName('Francois', { given: 'François' }),
  askName('YILMAZ', { family: 'Yılmaz' }),
  askName('taylor smith', { given: 'Taylor', family: 'Smith' }),
  askName('ada lovelace', { given: 'Ada', family: 'Lovelace' }),
  askName('शर्मा', { family: 'शर्मा' }),
  askName('Krueger', { family: 'Krüger' }),

  askLanguage('python', 'python', 'de'),
  askLanguage('javascript', 'javascript', 'pt-BR'),
  askLanguage('machine learning', 'machine learning', 'ja'),
  askLanguage('docker', 'docker', 'pt'),
  askLanguage('java', 'java', 'fr'),
  askLanguage('photography', 'photography', 'es'),
  askLanguage('linux', 'linux', 'zh'),
  askLanguage('c++', 'c++', 'ru'),
  askLanguage('react', 'react', 'en-GB'),
  askModel('python', 'python', 'llama3.1:8b'),
  askModel('rust', 'rust', 'mistral:7b'),
  askModel('machine learning', 'machine learning', 'qwen2.5:14b'),
  askModel('javascript', 'javascript', 'qwen2.5-coder:32b'),
  askModel('linux', 'linux', 'whisper-large-v3'),
  ask(
    'language and model',
    'python',
    { skills: ['python'], language: 'de', model: 'llama3.1:8b' },
    { language: 'de', model: 'llama3.1:8b' },
  ),

  askTopic('satellite', 'satellites'),
  askTopic('telemedicine', 'telemedicine'),
  askTopic('lighthouse', 'lighthouses'),
  askTopic('wind turbine', 'wind turbines'),
  askTopic('museum', 'museums'),
  askTopic('refugee', 'refugees'),
  askTopic('hospitals', 'hospitals'),
  askTopic('medieval manuscript', 'medieval manuscripts'),
  askTopic('cargo bike', 'cargo bikes'),
  askTopic('synthesizer', 'synthesizers'),
  askTopic('podcasts', 'podcasts'),
  askTopic('marathon', 'marathons'),
  askTopic('coral reef', 'coral reefs'),
  askTopic('archeology', 'archaeology'),
  askTopic('bat', 'bats'),
  askTopic('python insurance', 'insurance', 'python'),
  askTopic('startups javascript', 'startups', 'javascript'),
]
