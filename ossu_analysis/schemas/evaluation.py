"""Tables of the link ``evaluation``."""

from ossu_analysis.schemas.base import Table, column, declare, status_column


@declare("evaluation", "score", "Точност на прогнози от минали години: по метод, ниво, хоризонт, размер на общината")
class Score(Table):
    """Scores of forecasts made from earlier years against what happened, with simple methods beside ours."""

    method: str = column(
        "метод: ossu (нашата прогноза), ossu_given_country (нашата при известен брой за страната), "
        "ossu_constant_step (наша с еднакво преброително изменение), naive, linear, "
        "linexp, damped_ets, constant_share, direct_ratios (само по възраст)"
    )
    level: str = column("ниво: municipality, oblast, region, country")
    age_group: str = column("възрастова група: total (общият брой), 0-17, 15-64, 18-64, 65+, 80+")
    origin_year: int = column("година, от която е направена прогнозата; нищо след нея не е използвано", "година")
    horizon_years: int = column("хоризонт", "години", ge=1)
    crosses_census: bool = column("дали между началото и края на хоризонта има преброяване")
    size_class: str = column("размер в началната година (лица): 0-3000, 3000-6000 ... 40000-; all са всички")
    metric: str = column(
        "мярка: mape, medape, malpe, within_10, wis, crps, coverage_50, coverage_80, coverage_95, pit_1 ... pit_10"
    )
    value: float = column("стойност като дял от 1; wis и crps са разделени на действителния брой", "дял")
    areas: int = column("брой територии, от които е сметнато", "територии", ge=1)
    is_calibrated: bool = column(
        "дали границите през преброяване са сверени с по-ранно преброяване; false значи несверени"
    )
    status: str = status_column()


@declare(
    "evaluation",
    "report_card",
    "Оценка по общини: грешка, отклонение и покритие на прогнозата и кой прост метод е най-близо",
)
class ReportCard(Table):
    """Error, bias and coverage of past forecasts per municipality, and whether a simple method was better."""

    municipality_code: str = column("код на общината (при постоянни граници)")
    horizon_years: int = column("хоризонт", "години", ge=1)
    crosses_census: bool = column("дали в хоризонта има преброяване")
    windows: int = column("брой прогнози от минали години", "прогнози", ge=1)
    mape: float = column("средна абсолютна грешка на прогнозата, дял от действителния брой", "дял", ge=0)
    malpe: float = column("средно отклонение; положително значи, че прогнозата е над действителния брой", "дял")
    coverage_80: float = column(
        "дял на случаите, в които действителният брой е в 80-процентните граници", "дял", ge=0, le=1
    )
    best_baseline: str = column("простият метод с най-малка грешка за общината")
    best_baseline_mape: float = column("неговата средна абсолютна грешка", "дял", ge=0)
    is_baseline_better: bool = column("дали той е по-точен от нашата прогноза")
    status: str = status_column()
