"""The tables of annotation, one module per part of the path."""

from annotation.models.comments import Comment
from annotation.models.consensus import Consensus
from annotation.models.figures import KeptFigures, Watch
from annotation.models.imports import ImportBatch
from annotation.models.judgments import Assignment, Judgment, Voiding
from annotation.models.projects import Guidelines, GuidelinesRead, ProjectSettings
from annotation.models.prompts import Prompt, Response, ResponseSource
from annotation.models.reports import Report
from annotation.models.screening import Exam, ScreeningPolicy, ScreeningProgress, WrittenScore
from annotation.models.tasks import Gold, Task, TaskResponse

__all__ = [
    "Assignment",
    "Comment",
    "Consensus",
    "Exam",
    "Gold",
    "Guidelines",
    "GuidelinesRead",
    "ImportBatch",
    "Judgment",
    "KeptFigures",
    "ProjectSettings",
    "Prompt",
    "Report",
    "Response",
    "ResponseSource",
    "ScreeningPolicy",
    "ScreeningProgress",
    "Task",
    "TaskResponse",
    "Voiding",
    "Watch",
    "WrittenScore",
]
