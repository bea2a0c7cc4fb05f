"""The tables of annotation, one module per part of the path."""

from annotation.models.consensus import Consensus
from annotation.models.imports import ImportBatch
from annotation.models.judgments import Assignment, Judgment
from annotation.models.projects import Guidelines, GuidelinesRead, ProjectSettings
from annotation.models.prompts import Prompt, Response, ResponseSource
from annotation.models.reports import Report
from annotation.models.tasks import Gold, Task, TaskResponse

__all__ = [
    "Assignment",
    "Consensus",
    "Gold",
    "Guidelines",
    "GuidelinesRead",
    "ImportBatch",
    "Judgment",
    "ProjectSettings",
    "Prompt",
    "Report",
    "Response",
    "ResponseSource",
    "Task",
    "TaskResponse",
]
