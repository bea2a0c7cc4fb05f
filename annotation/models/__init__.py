"""The tables of annotation, one module per part of the path."""

from annotation.models.comments import Comment
from annotation.models.consensus import Consensus
from annotation.models.desks import Desk, Influx
from annotation.models.figures import KeptFigures, Watch
from annotation.models.imports import ImportBatch
from annotation.models.judgments import Assignment, Judgment, Voiding
from annotation.models.pay import PayRate, Payroll, PayrollRow
from annotation.models.projects import Guidelines, GuidelinesRead, ProjectSettings
from annotation.models.prompts import Prompt, Response, ResponseSource
from annotation.models.reports import Report
from annotation.models.running import Appeal, LongChange
from annotation.models.scores import ResponseScore
from annotation.models.screening import Exam, ScreeningPolicy, ScreeningProgress, WrittenScore
from annotation.models.tasks import Gold, Task, TaskResponse
from annotation.models.trust import TrustedLabeler

__all__ = [
    "Appeal",
    "Assignment",
    "Comment",
    "Consensus",
    "Desk",
    "Exam",
    "Gold",
    "Guidelines",
    "GuidelinesRead",
    "ImportBatch",
    "Influx",
    "Judgment",
    "KeptFigures",
    "LongChange",
    "PayRate",
    "Payroll",
    "PayrollRow",
    "ProjectSettings",
    "Prompt",
    "Report",
    "Response",
    "ResponseScore",
    "ResponseSource",
    "ScreeningPolicy",
    "ScreeningProgress",
    "Task",
    "TaskResponse",
    "TrustedLabeler",
    "Voiding",
    "Watch",
    "WrittenScore",
]
