"""The store on DynamoDB: the only package that speaks to AWS."""

from opportune.stores.dynamodb.store import DynamoDBStore

__all__ = ["DynamoDBStore"]
