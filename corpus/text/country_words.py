"""Words that tell whether ``US`` before them is the country or an adjective, and what is no first name."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# No noun phrase begins with these.
FUNCTION = _words(
    """
    a able about above across after again against ago ahead all allegedly almost alone along already also although
    always am among an and any apparently are around as at away back be because been before being below between both
    but by can cannot clearly closely could currently day days despite did do does doing down due during each eager
    either enough even ever every except few finally first for formally friday from fully further had has have having
    he her here hers him his how however i if immediately in instead into is it its itself just keen last later least
    less like likely many may maybe me meanwhile might mine monday more most much must my near neither never next no
    nor not nothing now of off officially often on once only onto open openly or other others our out over own per
    perhaps prepared probably publicly quickly quietly rather ready really recently reluctant repeatedly reportedly
    same saturday set she should simply since so some soon still strongly such sunday than that the their them then
    there therefore these they this those though through throughout thursday thus till to today together tomorrow too
    toward towards tuesday unable under unless unlike unlikely until up upon very via wary was we wednesday well were
    what when where whereas whether which while who whom whose why will willing with within without would yes
    yesterday yet you your
    """
)

# What a state does, in the news; nouns that look like it are rare after its name.
VERBS = _words(
    """
    abandons accuses acts adds admits adopts advises agrees aims alleges allocates allows announces approves argues
    arrests asks assesses assures avoids awaits bans beat beats becomes began begins believes blames blasts blocks
    bombs boosts bought brings broke brought builds built buys calls came celebrates chooses chose closes comes
    condemns confirms considers continues criticises criticizes cut cuts decides declares declines decries defeats
    defends delays delivers demands denies denounces deploys deserves destroys determines did dismisses dispatches
    downplays drew drops ends enjoys ensures enters expands expects expels extends faces failed fails falls feels fell
    fights finds fires flew follows forgets fought found freezes gave gets gives goes got grants grew hails halts has
    hears held helps hit hits holds hopes hosts hurts ignores imposes indicts insists intends intervenes invades
    invites joins keeps kept kills knew knows lacks lauds launches leans learns leaves led left lets lies lifts lives
    looks loses lost made maintains makes means meets met moves mulls names needs negotiates offers opens opposes
    orders outlines owes owns paid pays permits pledges poses prefers prepares presses pretends prevents promises
    proposes proves provides provokes publishes pulls pursues pushes put puts raises ran ratifies reaches reacts
    reaffirms recalls receives recognises recognizes refuses regards regrets reiterates rejects releases relies
    remains removes renews repeats replaces requires responds resumes returns reveals rules said sank saw says seeks
    seems sees seizes sells sends sent shares shot shows shuts signals signs slams sold sought speaks spends spent
    stands starts stays steps stood stops struck suggests summons supplies suspects suspends takes tells thinks
    threatens threw throws told took tries trusts turns unveils urges uses versus views violates votes vows vs wages
    wants warns weighs welcomes went wins withdraws withdrew won works worries wrote
    """
)

# These are no verbs.
PLURALS = _words(
    """
    actors advisers advisors affairs agencies agents aides aircraft airlines airports airstrikes allegations allies
    ambassadors analysts arms assets attorneys authorities banks bases bombers borders businesses carriers casualties
    centers centres children cities citizens civilians colleagues colleges commanders commandos communities companies
    congressmen consumers contractors corporations counterparts courts dealings deaths defences defenses delegates
    diplomats dollars drones economics elections elites emissions employees enemies engineers envoys executives
    experts farmers fighters firms flags forces generals goods governors hackers hawks hostages imperialists
    individuals instructors insurgents intentions interests investigators investors jets jobs journalists judges
    lawmakers lawyers leaders legislators marines markets mayors media mercenaries midterms military missiles motives
    nationals negotiators newspapers officers officials operatives opponents partners personnel pilots planes police
    policies policymakers politicians politics presidents primaries prisoners prosecutors regulators relations
    reporters representatives researchers schools scientists secretaries senators servicemen services ships soldiers
    spies stocks submarines subs subsidiaries taxpayers ties treasuries troops universities values vessels veterans
    volunteers voters warplanes warships weapons women workers
    """
)

# What stands before a surname and is no first name.
TITLES = _words(
    """
    adviser advisor american candidate chief democrat democratic director dr gen general gov governor leader minister
    ministers mr mrs ms nominee president presidents rep republican russian secretary sen senator spokesman
    spokeswoman vice
    а в вчера где госсекретарь для до если за затем и из к как когда министр на но о об однако от по позже потом
    поэтому президент при про ранее с сам сегодня также у что
    """
)
