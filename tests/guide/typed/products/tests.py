# tests.py
# Test cases for Elasticsearch integration
from django.test import TestCase, override_settings
from unittest.mock import patch, MagicMock
from products.models import Product
from products.documents import ProductDocument
from products.search import ProductSearchService

# Use a separate index for testing
TEST_ELASTICSEARCH_DSL = {
    'default': {
        'hosts': 'localhost:9200',
    },
}

@override_settings(ELASTICSEARCH_DSL=TEST_ELASTICSEARCH_DSL)
class ProductSearchTest(TestCase):
    """Test cases for product search functionality"""

    @classmethod
    def setUpClass(cls):
        """Set up test index before running tests"""
        super().setUpClass()
        # Create a test index
        ProductDocument._index.delete(ignore=404)
        ProductDocument.init()

    @classmethod
    def tearDownClass(cls):
        """Clean up test index after tests"""
        ProductDocument._index.delete(ignore=404)
        super().tearDownClass()

    def setUp(self):
        """Create test data"""
        self.product = Product.objects.create(
            name='Test Product',
            description='A great test product for testing',
            price=99.99,
            category='Electronics',
            brand='TestBrand',
            sku='TEST-001',
            is_active=True,
        )

        # Manually index the product for testing
        ProductDocument().update(self.product)

        # Refresh index to make document searchable immediately
        ProductDocument._index.refresh()

    def test_basic_search(self):
        """Test basic search functionality"""
        service = ProductSearchService()
        results = service.search(query='test product')

        self.assertEqual(results['total'], 1)
        self.assertEqual(results['results'][0]['name'], 'Test Product')

    def test_category_filter(self):
        """Test filtering by category"""
        service = ProductSearchService()

        # Should find the product
        results = service.search(category='Electronics')
        self.assertEqual(results['total'], 1)

        # Should not find the product
        results = service.search(category='Clothing')
        self.assertEqual(results['total'], 0)

    def test_price_range_filter(self):
        """Test filtering by price range"""
        service = ProductSearchService()

        # Product is priced at 99.99
        results = service.search(min_price=50, max_price=100)
        self.assertEqual(results['total'], 1)

        results = service.search(min_price=100, max_price=200)
        self.assertEqual(results['total'], 0)

    def test_fuzzy_search(self):
        """Test fuzzy matching handles typos"""
        service = ProductSearchService()

        # Search with a typo
        results = service.search(query='testt product')

        # Should still find the product due to fuzzy matching
        self.assertEqual(results['total'], 1)


class MockElasticsearchTest(TestCase):
    """Test search with mocked Elasticsearch for unit testing"""

    @patch('products.documents.ProductDocument.search')
    def test_search_with_mock(self, mock_search):
        """Test search logic without real Elasticsearch"""
        # Create mock response
        mock_hit = MagicMock()
        mock_hit.to_dict.return_value = {
            'name': 'Mock Product',
            'price': 49.99,
        }
        mock_hit.meta.score = 1.5

        mock_response = MagicMock()
        mock_response.hits.total.value = 1
        mock_response.__iter__ = lambda self: iter([mock_hit])

        search = mock_search.return_value
        search.filter.return_value.query.return_value.sort.return_value = search
        search.__getitem__.return_value.execute.return_value = mock_response

        service = ProductSearchService()
        results = service.search(query='mock')

        self.assertEqual(results['total'], 1)
