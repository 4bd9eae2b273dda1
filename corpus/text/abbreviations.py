"""Words that decide whether a full stop ends a sentence, by what they do in a sentence; English and Russian."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Something must follow these: a name, an example, the other side.
NEVER_LAST = _words(
    """
    Adm Amb Asst Atty Brig Capt Cmdr Col Comdr Cpl Dem Det Dr Fr Ft Gen Gov Govs Hon Insp Lieut Lt Maj Messrs Mlle Mme
    Mmes Mr Mrs Ms Mt Mx Pfc Pres Prof Pvt Rep Reps Rev Sen Sens Sgt Spc Supt Treas
    aka cf e.g E.g i.e I.e v viz vs
    акад англ ген гл гр доц зам им кн лат напр нач нем пер пом пос пр-т просп проф ред рис св соч ср тел тов
    ул франц г-н г-жа дем Дж лейт подполк респ т.е т.к т.н в.т.ч и.о Св См Ср Проф Акад Ул Им Напр
    """
)

# These take a number: "No. 5", "p. 55", "ст. 105".
BEFORE_NUMBER = _words(
    """
    App Apt Art Ch Chap Fig Figs Flt No Nos Op Par Prop Rm Rte Sec Vol approx ca ch chap figs no nos op p par pp
    sec vol N° Nr nr № гл д кв корп ок п пп рис с ст стр т табл ч
    """
)

MONTHS = _words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec")

# These stand after a name or a list, in the middle of a sentence as well as at its end.
AFTER_NAME = _words(
    """
    Assn Ave Blvd Bros Co Corp Cos Dept Esq Hwy Inc Intl Jr Ltd Mfg Nat'l Pkwy Rd Sq Sr St Univ al
    """
)

# After a town and a comma, as in "Flint, Mich." Newspapers set another comma behind, unless the sentence ends there.
STATES = _words(
    """
    Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Kans Ky La Mass Md Mich Minn Miss Mo Mont Neb Nebr Nev Okla Ont
    Ore Oreg Pa Que Tenn Tex Va Vt Wash Wis Wisc Wyo
    D.C N.C N.D N.H N.J N.M N.Y P.R R.I S.C S.D W.Va
    """
)

# Units, "and so on", and the Russian "I", which is no initial: the end of a sentence wherever a capital follows.
UNITS = _words("etc вв га долл др кг км коп мин млн млрд н.э обл руб сек см т.д т.п трлн тыс чел я")

# Abbreviations of German and Spanish that syntok also counts as such in English, where they are words.
WORDS_IN_ENGLISH = _words("Do Sat So Sun ago alt cap col dom fig gal lit mag mar max med min tab vie")

# Names that end in an exclamation mark.
EXCLAIMED = _words("Yahoo Jeopardy Joomla")

# What begins a sentence and cannot go on with a name: after "U.S." or "Inc." it tells the two readings apart.
STARTERS = _words(
    """
    A After All Also Although An And Another Any Anyone Are As At Because Before Being Both But By Can Could Despite
    Did Do Does During Each Earlier Either Even Every Everyone Few For From Had Has Have He Hence Her Here His How
    However I If In Indeed Instead Is It Its Just Last Later Let Like Many Meanwhile More Moreover Most Mr Mrs Ms
    Much My Neither Never Next No Nobody None Nor Not Nothing Now Of On Once One Only Or Others Our Perhaps Rather
    Several She Should Since So Some Soon Still Such Than That The Their Then There Therefore These They This Those
    Though Three Thus To Today Two Under Unless Until Was We Were What When Where Whether Which While Who Whoever
    Why With Within Without Would Yes Yesterday Yet You Your
    А Без Более Были Было Бывший Ваш Вместе Во Вот Впрочем Все Всё Всего Всем Вскоре Вчера Вы Где Да Даже Далее Для
    До Его Ее Её Если Ещё Еще Же За Затем Здесь И Из Или Итак Именно Их К Каждый Как Какой Когда Который Кроме Кто
    Кстати Ли Между Многие Можно Мы На Над Накануне Нам Напомним Наш Не Некоторые Ни Никто Но О Об Однако Он Она Они
    Оно От Пока Перед По Под Позже После Поскольку Потом Почему Поэтому При Про Против Ранее С Сам Свой Сегодня
    Сейчас Со Согласно Сообщается Так Также Такая Такие Такой Там Тем Теперь То Тогда Только Тот Ту У Уже Хотя Чем
    Через Что Чтобы Эта Эти Это Этот Я В
    """
)

# A phrase that a sentence opens with before its subject comes: "At 5 a.m. Mr. Smith went", "В 2014 г. Россия".
PREPOSITIONS = _words(
    """
    About After Around As At Before Between By During From In On Shortly Since Toward Towards Until
    В Во До За К Летом Зимой Весной Осенью На Около После С Со
    """
)

# After "5 p.m." the time goes on: "Monday", "Eastern time", "GMT".
AFTER_CLOCK = _words(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
    October November December Mon Tue Tues Wed Thu Thurs Fri Sat Sun
    Atlantic Central Eastern Greenwich Mountain Pacific
    """
)

SPEECH = _words(
    """
    added admitted answered argued asked asks continued cried declared demanded exclaimed insisted joked quipped
    recalled replied responded said says shouted told tweeted warned wondered wrote yelled
    """
)
